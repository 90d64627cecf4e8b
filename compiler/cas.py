"""Content-addressed storage: bytes on disk by their digest, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn

from .digest import Digest, chunks, of_bytes, of_pieces
from .disk import writing_to
from .recipe import Held, Part, Recipe, append, length
from .tree import Entry, Tree


class CorruptBlob(Exception):
    """A blob is missing or its bytes are not what its name says; it has been removed."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(f"blob {digest} is missing or corrupt")
        self.digest = digest


LARGE = 1 << 22
"""Bytes from which on a file may share those of the cache: models and layers, which nobody edits."""
PARTS = ".parts"
"""Ends the name of a blob's recipe, where it is stored as that."""
Seen = tuple[int, ...]
"""Size in bytes, mtime in ns, inode: what a write through any of a blob's names changes, and another name does not. A
recipe's are followed by those of the blobs that it names."""
_BACK = 10**9
"""Nanoseconds that a blob's time is put back, so that no later write can leave it as it is."""


@dataclass(frozen=True, slots=True)
class Cas:
    """Blobs below one folder. Safe for any number of processes and under kill -9: a blob appears by rename."""

    root: Path
    checked: dict[Digest, Seen] = field(default_factory=dict, compare=False, repr=False)
    """Blobs whose bytes this process has hashed, as they were before: while they are, they are not hashed again."""

    def path(self, digest: Digest) -> Path:
        return self.root / digest[:2] / digest[2:]

    def has(self, digest: Digest, size: int | None = None) -> bool:
        """Whether the blob is there, with the length `size` if that is known; its bytes are not read."""
        try:
            found = self.path(digest).stat().st_size
        except OSError:
            recipe = self.recipe(digest)
            if recipe is None or not all(self.has(held.digest, held.size) for held in recipe.held):
                return False
            found = recipe.size
        return size is None or found == size

    def put_bytes(self, data: bytes) -> Digest:
        digest = of_bytes(data)
        if not self.has(digest, len(data)):
            with self._incoming() as temporary:
                temporary.write_bytes(data)
                self._publish(temporary, digest, self.path(digest))
        return digest

    def put_text(self, text: str) -> Digest:
        return self.put_bytes(text.encode())

    def put_file(self, path: Path) -> Entry:
        """Store a file's bytes in one pass of reading; the entry's path is the file's name."""
        mode = path.stat().st_mode
        digest, size = self.put_chunks(chunks(path))
        return Entry(path=path.name, digest=digest, size=size, executable=bool(mode & stat.S_IXUSR))

    def put_chunks(self, pieces: Iterable[bytes]) -> tuple[Digest, int]:
        """Store bytes as they come; their digest and how many they were. Nothing is kept where `pieces` raises."""
        digest, size = hashlib.sha256(), 0
        with self._incoming() as temporary:
            with temporary.open("wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    size += file.write(piece)
            found = Digest(digest.hexdigest())
            self._publish(temporary, found, self.path(found))
        return found, size

    def put_parts(self, parts: Iterable[Part]) -> tuple[Digest, int]:
        """Store bytes of which some are blobs already, as no more than what is to be known of them beside these; the
        digest and how many they are. All that is no blob is in memory. CorruptBlob when one of the blobs is not there.
        """
        recipe = Recipe.of(self._flat(parts))
        for held in recipe.held:
            if not self.has(held.digest, held.size):
                self.discard(held.digest)
        before = self._seen_of(recipe)
        found = of_pieces(piece for part in recipe.parts for piece in self._of(part))
        with self._incoming() as temporary:
            temporary.write_text(recipe.text, encoding="utf-8")
            self._publish(temporary, found, self._recipe_path(found), before)
        return found, recipe.size

    def put_folder(self, folder: Path) -> Tree:
        """Store every regular file below `folder`; ValueError names a link or device, which a tree cannot hold."""
        return Tree.of(self._put_below(folder, ""))

    def put_texts(self, texts: Mapping[str, str]) -> Tree:
        """A tree of small text files by path."""
        data = {path: text.encode() for path, text in texts.items()}
        return Tree.of(Entry(path=p, digest=self.put_bytes(b), size=len(b)) for p, b in data.items())

    def get(self, digest: Digest) -> bytes:
        """The blob's bytes, checked; CorruptBlob when they are not there whole."""
        try:
            data = b"".join(self.pieces(digest))
        except OSError:
            raise CorruptBlob(digest) from None
        if of_bytes(data) != digest:
            self.discard(digest)
        return data

    def chunks(self, digest: Digest) -> Iterator[bytes]:
        """The blob's bytes in pieces. CorruptBlob where it is missing, or at the end where they were wrong."""
        seen, found = self._seen(digest), hashlib.sha256()
        known = seen is not None and self.checked.get(digest) == seen
        try:
            for piece in self.pieces(digest):
                if not known:
                    found.update(piece)
                yield piece
        except FileNotFoundError:
            raise CorruptBlob(digest) from None
        if known and self._seen(digest) == seen:
            return
        self._hold(digest, Digest(found.hexdigest()), seen)

    def pieces(self, digest: Digest, offset: int = 0) -> Iterator[bytes]:
        """The blob's bytes from an offset on, for who checks them otherwise; OSError where some are missing."""
        recipe = self.recipe(digest)
        if recipe is None:
            yield from chunks(self.path(digest), offset)
            return
        for part in recipe.parts:
            if offset < length(part):
                yield from (part[offset:],) if isinstance(part, bytes) else chunks(self.path(part.digest), offset)
            offset = max(offset - length(part), 0)

    def recipe(self, digest: Digest) -> Recipe | None:
        """What a blob is made of, where it is stored as that alone."""
        if self.path(digest).exists():
            return None
        try:
            return Recipe.parse(self._recipe_path(digest).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def check(self, digest: Digest) -> None:
        """Read a blob whose bytes are not known to be right; CorruptBlob where they are not."""
        if not self._known(digest):
            for _ in self.chunks(digest):
                pass

    def sweep(self, trees: Iterable[Tree]) -> None:
        """Remove every blob of these trees that is corrupt."""
        for digest in {entry.digest for tree in trees for entry in tree}:
            with suppress(CorruptBlob):
                self.check(digest)

    def verified(self, digest: Digest) -> Path:
        """The path of a blob whose bytes are known to be right, for who must read it as a file."""
        if self.recipe(digest):
            self.put_chunks(self.chunks(digest))
        else:
            self.check(digest)
        return self.path(digest)

    def text(self, tree: Tree, path: str) -> str:
        """The text of one file of a tree."""
        return self.get(tree[path].digest).decode()

    def materialise(self, tree: Tree, folder: Path, *, shared: bool = False) -> None:
        """Copy a tree's files below `folder`, checking each; CorruptBlob names the first bad one.

        Large ones are linked where they are `shared`, which is for programs that only read them.
        """
        for entry in tree:
            target = folder / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.link if shared and entry.size >= LARGE else self.copy)(entry, target)

    def copy(self, entry: Entry, target: Path, *, writable: bool = True) -> None:
        """Copy one blob to `target`, replacing what is there only when the copy is whole."""
        temporary = _beside(target)
        recipe = self.recipe(entry.digest) if self._known(entry.digest) else None
        try:
            with temporary.open("wb") as file:
                if recipe:
                    self._assemble(recipe, file)
                else:
                    file.writelines(self.chunks(entry.digest))
        except (OSError, CorruptBlob):
            temporary.unlink(missing_ok=True)
            raise
        temporary.chmod((0o755 if entry.executable else 0o644) & (0o777 if writable else 0o555))
        temporary.replace(target)

    def link(self, entry: Entry, target: Path) -> None:
        """Give a blob `target` as a second name, so that its bytes are on disk once; they are checked first. Where the
        file system cannot, or the file is to be executable, or the blob is a recipe, it is copied. Either way nobody
        may write to it.

        Who writes through the second name corrupts the blob, as whose it is then found and made again.
        """
        temporary = _beside(target)
        temporary.unlink(missing_ok=True)
        try:
            if not entry.executable and not self.recipe(entry.digest):
                os.link(self.verified(entry.digest), temporary)
        except OSError:
            pass
        if temporary.exists():
            temporary.replace(target)
            # renaming one name of a file to another of the same does nothing
            temporary.unlink(missing_ok=True)
        else:
            self.copy(entry, target, writable=False)

    def _put_below(self, folder: Path, prefix: str) -> list[Entry]:
        entries: list[Entry] = []
        for item in sorted(os.scandir(folder), key=lambda i: i.name):
            if not item.name.isprintable():
                raise ValueError(f"{prefix}{item.name!r} is no name for a file")
            if item.is_dir(follow_symlinks=False):
                entries += self._put_below(Path(item.path), f"{prefix}{item.name}/")
            elif item.is_file(follow_symlinks=False):
                stored = self.put_file(Path(item.path))
                path = prefix + item.name
                entries.append(Entry(path=path, digest=stored.digest, size=stored.size, executable=stored.executable))
            else:
                raise ValueError(f"{prefix}{item.name} is neither a file nor a folder")
        return entries

    @contextmanager
    def _incoming(self) -> Iterator[Path]:
        """A temporary file beside the blobs, gone afterwards whatever happens."""
        folder = self.root / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        try:
            with writing_to(self.root):
                yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _publish(self, temporary: Path, digest: Digest, target: Path, beside: Seen = ()) -> None:
        """Give a temporary file its name: the blob's bytes have just been hashed, which lie also `beside` it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o444)
        made = temporary.stat().st_mtime_ns
        os.utime(temporary, ns=(made, made - _BACK))
        seen = _seen(temporary)
        temporary.replace(target)
        self.checked[digest] = (*seen, *beside)

    def _recipe_path(self, digest: Digest) -> Path:
        return self.path(digest).with_name(digest[2:] + PARTS)

    def _flat(self, parts: Iterable[Part]) -> Iterator[Part]:
        """The same parts, in place of recipes what these are made of."""
        for part in parts:
            recipe = self.recipe(part.digest) if isinstance(part, Held) else None
            yield from recipe.parts if recipe else (part,)

    def _of(self, part: Part) -> Iterable[bytes]:
        """A part's bytes; CorruptBlob where they are not what they should be."""
        return (part,) if isinstance(part, bytes) else self.chunks(part.digest)

    def _assemble(self, recipe: Recipe, target: BinaryIO) -> None:
        """Write a file of what has been checked."""
        for part in recipe.parts:
            if isinstance(part, bytes):
                target.write(part)
            else:
                with self.path(part.digest).open("rb", buffering=0) as source:
                    append(source, target)

    def _known(self, digest: Digest) -> bool:
        """Whether this process has hashed a blob's bytes, and they are as they were."""
        seen = self._seen(digest)
        return seen is not None and self.checked.get(digest) == seen

    def _seen(self, digest: Digest) -> Seen | None:
        recipe = self.recipe(digest)
        try:
            return (*_seen(self._recipe_path(digest)), *self._seen_of(recipe)) if recipe else _seen(self.path(digest))
        except OSError:
            return None

    def _seen_of(self, recipe: Recipe) -> Seen:
        return tuple(number for held in recipe.held for number in _seen(self.path(held.digest)))

    def _hold(self, digest: Digest, found: Digest, seen: Seen | None) -> None:
        """Note that a blob which was `seen` before it was read proved good, or discard it."""
        if found != digest:
            self.discard(digest)
        if seen is not None:
            self.checked[digest] = seen

    def discard(self, digest: Digest) -> NoReturn:
        """Remove a blob that proved bad, and what is bad of its parts; raises CorruptBlob, so that it is made again."""
        recipe = self.recipe(digest)
        for held in recipe.held if recipe else ():
            with suppress(CorruptBlob):
                self.verified(held.digest)
        for path in (self.path(digest), self._recipe_path(digest)):
            path.unlink(missing_ok=True)
        raise CorruptBlob(digest)


def _beside(target: Path) -> Path:
    """A name in the same folder for what is not whole yet."""
    return target.with_name(f".{target.name}.deployc-{os.getpid()}")


def _seen(path: Path) -> Seen:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino
