"""Digests of the user's files, remembered by what stat says of them, so that an unchanged file is not read again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .digest import Digest, of_file
from .disk import replacing

Stat = tuple[int, int, int, int]
"""Size in bytes, mtime in ns, inode, ctime in ns."""


def stat_of(path: str | Path) -> Stat | None:
    """What identifies a file's content as long as its clock can be believed; None where there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns


@dataclass(frozen=True, slots=True)
class StatCache:
    """Digests known from an earlier build, and those looked up in this one.

    `known` must only hold files older than the moment at which they were remembered: see state.py.
    """

    known: dict[str, tuple[Stat, Digest]]
    used: dict[str, tuple[Stat, Digest]] = field(default_factory=dict)

    def digest(self, path: Path, read: Callable[[Path], Digest] = of_file) -> Digest:
        """The digest of a file's bytes, by `read` where it is not known; OSError where it cannot be read."""
        name = str(path)
        now = stat_of(path)
        for seen in (self.used.get(name), self.known.get(name)):
            if seen and seen[0] == now:
                self.used[name] = seen
                return seen[1]
        digest = read(path)
        if now:
            self.used[name] = (now, digest)
        return digest

    def changed(self, path: Path) -> bool:
        """Whether the file was there before, and is another now."""
        seen = self.known.get(str(path))
        return seen is not None and seen[0] != stat_of(path)

    def remember(self, path: Path, digest: Digest) -> None:
        """Note the digest of a file that has just been written."""
        if now := stat_of(path):
            self.used[str(path)] = (now, digest)

    def forget(self, path: Path) -> None:
        """Note that a file has been removed."""
        self.used.pop(str(path), None)


def read(path: Path) -> StatCache:
    """The digests that an earlier build remembered in `path`; none where it is missing or unreadable."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return StatCache({name: ((a, b, c, d), Digest(digest)) for name, a, b, c, d, digest in rows})
    except (OSError, ValueError, TypeError):
        return StatCache({})


def write(path: Path, cache: StatCache) -> None:
    """Remember the digests that were used, but for files as young as this moment (git's racy rule)."""
    with replacing(path) as temporary:
        temporary.write_bytes(b"")
        now = temporary.stat().st_mtime_ns
        old = {name: seen for name, seen in sorted(cache.used.items()) if max(seen[0][1], seen[0][3]) < now}
        rows = [[name, *stat, digest] for name, (stat, digest) in old.items()]
        temporary.write_text(json.dumps(rows), encoding="utf-8")
