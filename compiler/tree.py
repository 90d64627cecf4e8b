"""A tree: the names, modes and digests of a folder's files, without their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .digest import Digest, of_text


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entry:
    """One file: its path relative to the tree's root with "/" between the parts, its bytes' digest and length."""

    path: str
    digest: Digest
    size: int
    executable: bool = False


@dataclass(frozen=True)
class Tree:
    """Files by path, sorted; empty folders, owners and times do not exist here."""

    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        paths = [e.path for e in self.entries]
        if paths != sorted(set(paths)):
            raise ValueError(f"a tree's paths are sorted and distinct: {paths}")
        if any(not part or part in (".", "..") for path in paths for part in path.split("/")):
            raise ValueError(f"a tree's paths stay below its root: {paths}")

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Tree:
        return cls(tuple(sorted(entries, key=lambda e: e.path)))

    @cached_property
    def text(self) -> str:
        """One line a file: digest, size, x or -, path. It is what is stored and hashed."""
        return "".join(f"{e.digest} {e.size} {'x' if e.executable else '-'} {e.path}\n" for e in self.entries)

    @classmethod
    def parse(cls, text: str) -> Tree:
        """The inverse of `text`; ValueError when it is not one."""
        fields = [line.split(" ", 3) for line in text.split("\n")[:-1]]
        return cls(tuple(Entry(path=p, digest=Digest(d), size=int(s), executable=x == "x") for d, s, x, p in fields))

    @cached_property
    def digest(self) -> Digest:
        return of_text(self.text)

    @cached_property
    def by_path(self) -> Mapping[str, Entry]:
        return {e.path: e for e in self.entries}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __contains__(self, path: str) -> bool:
        return path in self.by_path

    def __getitem__(self, path: str) -> Entry:
        return self.by_path[path]

    def __bool__(self) -> bool:
        return bool(self.entries)

    def at(self, folder: str) -> Tree:
        """This tree, moved below `folder`."""
        return Tree.of(_moved(e, f"{folder}/{e.path}") for e in self.entries)

    def under(self, folder: str) -> Tree:
        """What lies below `folder`, with paths relative to it; of a file, that alone by its last name."""
        if folder in self:
            return Tree((self[folder],)).renamed(folder.rpartition("/")[2])
        prefix = folder.rstrip("/") + "/"
        inside = [_moved(e, e.path[len(prefix) :]) for e in self.entries if e.path.startswith(prefix)]
        return Tree.of(inside)

    def renamed(self, name: str) -> Tree:
        """A tree of one file, under another path."""
        (entry,) = self.entries
        return Tree((_moved(entry, name),))

    def __or__(self, other: Tree) -> Tree:
        """Both trees' files; where both have a path, the other's file."""
        return Tree.of({**self.by_path, **other.by_path}.values())


def _moved(entry: Entry, path: str) -> Entry:
    return Entry(path=path, digest=entry.digest, size=entry.size, executable=entry.executable)
