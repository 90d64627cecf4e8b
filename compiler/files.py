"""The user's files: paths and globs of deploy.yaml turned into trees."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..schema.diagnostics import UserError, fail
from .cas import Cas
from .digest import Digest
from .stat_cache import StatCache, stat_of
from .tree import Entry, Tree

SKIPPED = {"__pycache__", ".deployc", ".git"}
MADE = {"build", "deploy.lock"}
"""What a build writes beside deploy.yaml: `inputs: [.]` does not mean it."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The folder of deploy.yaml, of which trees are made; `folders` and `names` tell which listings mattered."""

    root: Path
    stats: StatCache
    folders: dict[str, tuple[int, ...]] = field(default_factory=dict)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """What stat said of files that were found, whether or not they were read."""

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Paths of the files that a path, folder or glob names, sorted; a folder stands for all below it."""
        found: set[str] = set()
        if glob.has_magic(pattern):
            self._watch(pattern)
        for path in glob.glob(pattern, root_dir=self.root, recursive=True) if glob.has_magic(pattern) else [pattern]:
            found.update(self._below(os.path.normpath(path).replace(os.sep, "/")))
        return tuple(sorted(found))

    def tree(self, patterns: tuple[str, ...], into: Cas | None = None) -> Tree:
        """The files that all patterns name together; UserError `missing-file` where one names none.

        A file that has changed since the last build is hardly in a cache: it is put `into` it as it is hashed.
        """
        paths = dict.fromkeys(path for pattern in patterns for path in self._some(pattern))
        return Tree.of(self._entry(path, into) for path in paths)

    def present(self, pattern: str) -> tuple[str, ...]:
        """The paths that a pattern names, all of files that can be read; UserError as of `tree`. None is read."""
        paths = self._some(pattern)
        for path in paths:
            self._found(path)
        return paths

    def inside(self, paths: Iterable[str]) -> None:
        """UserError `outside-folder` where a file is a link to something that lies elsewhere."""
        root = self.root.resolve()
        for path in paths:
            if not (self.root / path).resolve().is_relative_to(root):
                text = f"{path} is a link to a file outside the folder of deploy.yaml"
                raise fail("outside-folder", text, help="copy the file itself")

    def store(self, tree: Tree, cas: Cas) -> None:
        """Copy a tree's files into the CAS; UserError `input-changed` where one has changed since it was hashed."""
        for entry in tree:
            if cas.has(entry.digest, entry.size):
                continue
            if cas.put_file(self.root / entry.path).digest != entry.digest:
                raise fail("input-changed", f"{entry.path} changed while it was being read", help="build again")

    def _some(self, pattern: str) -> tuple[str, ...]:
        paths = self.expand(pattern)
        if not paths:
            raise fail("missing-file", f"no file {pattern}")
        return paths

    def _entry(self, path: str, into: Cas | None) -> Entry:
        found = self._found(path)
        return Entry(
            path=path, digest=self._digest(path, into), size=found.st_size, executable=bool(found.st_mode & 0o100)
        )

    def _digest(self, path: str, into: Cas | None) -> Digest:
        file = self.root / path
        if into and self.stats.changed(file):
            # where this fails, it is the cache that cannot be written to
            return self.stats.digest(file, lambda file: into.put_file(file).digest)
        try:
            return self.stats.digest(file)
        except OSError as error:
            raise _unreadable(path, error) from None

    def _found(self, path: str) -> os.stat_result:
        """What stat says of a file that can be read; UserError `unreadable-file` where it cannot."""
        file = self.root / path
        try:
            found = file.stat()
            if not stat.S_ISREG(found.st_mode):
                raise fail("unreadable-file", f"{path} is neither a file nor a folder")
            path.encode()
            file.open("rb").close()
        except OSError as error:
            raise _unreadable(path, error) from None
        except UnicodeEncodeError:
            raise fail("unreadable-file", f"{path!r} is no name in UTF-8", help="rename it") from None
        self.seen.setdefault(str(file), stat_of(file) or ())
        return found

    def _below(self, path: str) -> Iterator[str]:
        if (self.root / path).is_file():
            yield path
        elif (self.root / path).is_dir():
            yield from self._walk("" if path == "." else f"{path}/", ())

    def _walk(self, prefix: str, above: tuple[tuple[int, int], ...], *, hidden: bool = True) -> Iterator[str]:
        """Files below a folder, links followed; `above` are the folders that we are inside of."""
        folder = self.root / prefix
        try:
            found = folder.stat()
            here = (found.st_dev, found.st_ino)
            if here in above:
                raise fail("unreadable-file", f"{prefix} is a link to a folder that it lies in")
            self._note(folder)
            items = sorted(os.scandir(folder), key=lambda item: item.name)
        except OSError as error:
            raise fail("unreadable-file", f"{prefix} cannot be read: {error.strerror}") from None
        for item in items:
            if not prefix and item.name in MADE:
                continue
            if item.is_dir():
                if item.name not in SKIPPED and (hidden or not item.name.startswith(".")):
                    yield from self._walk(f"{prefix}{item.name}/", (*above, here), hidden=hidden)
            elif not item.name.endswith(".pyc"):
                yield prefix + item.name

    def _note(self, folder: Path) -> None:
        """Before it is listed: what is added later must not look as if we had seen it."""
        if str(folder) not in self.folders:
            self.folders[str(folder)] = stat_of(folder) or ()
            self.names[str(folder)] = self._names(folder)

    def listed(self) -> dict[str, tuple[int, ...]]:
        """What stat said of files that were found, and says of the folders whose listing mattered: as it was then,
        unless only we have written there.
        """
        now = {folder: stat_of(folder) or () for folder in self.folders}  # before their names, so that none is missed
        same = {folder for folder, names in self.names.items() if self._names(Path(folder)) == names}
        return self.seen | {folder: now[folder] if folder in same else stat for folder, stat in self.folders.items()}

    def _names(self, folder: Path) -> frozenset[str]:
        try:
            return frozenset(os.listdir(folder)) - SKIPPED - (MADE if folder == self.root else set())
        except OSError:
            return frozenset()

    def _watch(self, pattern: str) -> None:
        """Remember every folder in which a new file could match."""
        parts = pattern.split("/")[:-1]
        fixed = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts))
        start = self.root.joinpath(*parts[:fixed])
        self._note(start)
        if fixed < len(parts) and start.is_dir():
            for _ in self._walk("".join(f"{part}/" for part in parts[:fixed]), (), hidden=False):
                pass


def _unreadable(path: str, error: OSError) -> UserError:
    return fail("unreadable-file", f"{path} cannot be read: {error.strerror}")
