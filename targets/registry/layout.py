"""An OCI layout: a folder, or a tree in the cache, that holds images as blobs by digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...compiler.cas import Cas
from ...compiler.digest import Digest, chunks, of_bytes
from ...compiler.tree import Tree
from .manifest import INDEX, INDEXES, MANIFESTS, Descriptor, Manifest, read

BLOBS = "blobs/sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A manifest with the bytes that its digest is of."""

    what: Descriptor
    data: bytes
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where blobs lie, and what the layout's index.json names."""

    read: Callable[[str, int], Iterator[bytes]]
    """The bytes of the blob with a digest, from an offset on, unchecked; OSError where it is not there."""
    entries: tuple[Descriptor, ...]

    @classmethod
    def of_folder(cls, folder: Path) -> Layout:
        """The layout in a folder; OSError or ValueError where there is none."""
        entries = read((folder / "index.json").read_bytes(), INDEX).manifests
        return cls(read=lambda digest, offset: chunks(path(folder, digest), offset), entries=entries)

    @classmethod
    def of_tree(cls, cas: Cas, tree: Tree) -> Layout:
        """The layout that a tree in the cache is: the cache's blobs have the same names."""
        entries = read(cas.get(tree["index.json"].digest), INDEX).manifests
        return cls(read=lambda digest, offset: cas.pieces(Digest(_hex(digest)), offset), entries=entries)

    def whole(self, digest: str) -> bytes:
        """All of a small blob, unchecked; OSError where it is not there."""
        return b"".join(self.read(digest, 0))

    def document(self, what: Descriptor) -> Document:
        """One manifest, checked; ValueError where it is not what its digest says."""
        data = self.whole(what.digest)
        if of_bytes(data) != what.hex:
            raise ValueError(f"the blob {what.digest} has other bytes than its digest says")
        return Document(what=what, data=data, manifest=read(data, what.media_type))

    def documents(self, what: Descriptor) -> Iterator[Document]:
        """A manifest and all that it names, parts before what is made of them."""
        found = self.document(what)
        for part in found.manifest.manifests:
            if part.media_type in (*INDEXES, *MANIFESTS):
                yield from self.documents(part)
        yield found


def path(folder: Path, digest: str) -> Path:
    """Where the blob with a digest lies in a folder's layout."""
    return folder / BLOBS / _hex(digest)


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
