"""SHA-256 digests of bytes, files and texts: the only names that content has."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NewType

Digest = NewType("Digest", str)
"""64 lower-case hexadecimal digits: OCI and the Remote Execution API call this a sha256 digest."""

CHUNK = 1 << 20


def of_bytes(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())


def of_text(text: str) -> Digest:
    return of_bytes(text.encode())


def of_path(path: Path) -> Digest:
    """The digest of a path's own name, which need be no UTF-8; not of what lies there."""
    return of_bytes(os.fsencode(path))


def of_file(path: Path) -> Digest:
    """The digest of a file's bytes, read once in pieces of a mebibyte."""
    return of_pieces(chunks(path))


def of_pieces(pieces: Iterable[bytes]) -> Digest:
    """The digest of bytes that come in pieces."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return Digest(digest.hexdigest())


def chunks(path: Path, offset: int = 0) -> Iterator[bytes]:
    """A file's bytes, from an offset on, in pieces of a mebibyte."""
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while chunk := file.read(CHUNK):
            yield chunk
