"""The user's files: paths and globs of deploy.yaml turned into trees."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..schema.diagnostics import fail
from .cas import Cas
from .stat_cache import StatCache
from .tree import Entry, Tree

SKIPPED = {"__pycache__", ".deployc", ".git"}


@dataclass(frozen=True, slots=True)
class Sources:
    """The folder of deploy.yaml, of which trees are made; `folders` collects those whose listing mattered."""

    root: Path
    stats: StatCache
    folders: set[str] = field(default_factory=set)

    def expand(self, pattern: str) -> tuple[str, ...]:
        """Paths of the files that a path, folder or glob names, sorted; a folder stands for all below it."""
        found: set[str] = set()
        for path in glob.glob(pattern, root_dir=self.root, recursive=True) if glob.has_magic(pattern) else [pattern]:
            found.update(self._below(os.path.normpath(path).replace(os.sep, "/")))
        if glob.has_magic(pattern):
            self._watch(pattern)
        return tuple(sorted(found))

    def tree(self, patterns: tuple[str, ...]) -> Tree:
        """The files that all patterns name together; UserError `missing-file` where one names none."""
        return Tree.of({path: self._entry(path) for pattern in patterns for path in self._some(pattern)}.values())

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

    def _entry(self, path: str) -> Entry:
        file = self.root / path
        try:
            found = file.stat()
            digest = self.stats.digest(file)
        except OSError as error:
            raise fail("unreadable-file", f"{path} cannot be read: {error.strerror}") from None
        return Entry(path=path, digest=digest, size=found.st_size, executable=bool(found.st_mode & 0o100))

    def _below(self, path: str) -> Iterator[str]:
        if (self.root / path).is_file():
            yield path
            return
        for folder, names, files in os.walk(self.root / path, followlinks=True):
            names[:] = sorted(n for n in names if n not in SKIPPED)
            self.folders.add(folder)
            relative = os.path.relpath(folder, self.root).replace(os.sep, "/")
            yield from (
                f"{relative}/{name}" if relative != "." else name for name in files if not name.endswith(".pyc")
            )

    def _watch(self, pattern: str) -> None:
        """Remember every folder in which a new file could match."""
        parts = pattern.split("/")[:-1]
        fixed = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts))
        start = self.root.joinpath(*parts[:fixed])
        self.folders.add(str(start))
        if fixed < len(parts):
            for folder, names, _ in os.walk(start):
                names[:] = [n for n in names if n not in SKIPPED and not n.startswith(".")]
                self.folders.add(folder)
