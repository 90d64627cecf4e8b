"""Layers: archives in the store, and what an image's manifest and config say of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Protocol

from ...compiler.cas import Cas
from ...compiler.digest import Digest
from ...compiler.tree import Entry, Tree
from ..tarball import Member, archive, stored
from .compression import MEDIA_TYPE, Compression, compressed

BLOBS = "blobs/sha256"
FILE = "layers.json"
"""What a node that makes layers says of them, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of an image."""

    digest: Digest
    size: int
    """In bytes, as it is stored and sent."""
    diff_id: Digest
    """The digest of the archive itself, before it was compressed."""
    media_type: str
    created_by: str
    """What it holds, for the image's history."""


def write(cas: Cas, members: Iterable[Member], how: Compression, created_by: str) -> Layer:
    """An archive of `members`, put into the store in one pass."""
    if how == "none":
        # what is not compressed is hashed as it is stored
        digest, size = stored(cas, members)
        diff_id = digest
    else:
        plain = hashlib.sha256()
        digest, size = cas.put_chunks(compressed(_hashed(archive(members), plain), how))
        diff_id = Digest(plain.hexdigest())
    return Layer(digest=digest, size=size, diff_id=diff_id, media_type=MEDIA_TYPE[how], created_by=created_by)


def tree_of(cas: Cas, layers: Iterable[Layer]) -> Tree:
    """The output of a node: the layers' blobs and what they are."""
    known = list(layers)
    told = cas.put_texts({FILE: json.dumps([asdict(layer) for layer in known], indent=1) + "\n"})
    return told | blobs(known)


def blobs(layers: Iterable[Layer]) -> Tree:
    """The layers' blobs as they lie in an OCI layout; two layers may have the same."""
    entries = {layer.digest: layer.size for layer in layers}
    return Tree.of(Entry(path=f"{BLOBS}/{digest}", digest=digest, size=size) for digest, size in entries.items())


def read(cas: Cas, tree: Tree) -> tuple[Layer, ...]:
    """The layers of `tree_of`."""
    return tuple(Layer(**found) for found in json.loads(cas.text(tree, FILE)))


def members(cas: Cas, tree: Tree, folder: str = "") -> Iterator[Member]:
    """The files of a tree, below `folder` if any; CorruptBlob when one is read that is not whole."""
    for entry in tree:
        yield Member(
            path=f"{folder}/{entry.path}" if folder else entry.path,
            size=entry.size,
            read=partial(cas.chunks, entry.digest),
            executable=entry.executable,
            blob=entry.digest,
        )


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def _hashed(pieces: Iterable[bytes], digest: _Hash) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece
