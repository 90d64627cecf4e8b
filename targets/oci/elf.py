"""Which shared libraries a compiled file needs, read from its own headers as the System V ABI lays them out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS = 0, 1, 5
_SEGMENT = struct.Struct("<IIQQQQQQ")
_ENTRY = struct.Struct("<QQ")
_LONGEST_NAME = 256
_MOST_ENTRIES = 1 << 20
"""Bytes of a dynamic section: none has so many."""


def needed(path: Path) -> tuple[str, ...]:
    """The names of the libraries that a 64-bit little-endian ELF file asks the loader for; none where it is another
    kind of file, or broken.
    """
    with path.open("rb") as file:
        try:
            return tuple(_needed(file))
        except (struct.error, ValueError):
            return ()


def _needed(file: BinaryIO) -> Iterator[str]:
    if file.read(6) != b"\x7fELF\x02\x01":
        return
    segments = list(_segments(file))
    for kind, offset, _, size in segments:
        if kind == _DYNAMIC:
            entries = list(_entries(_at(file, offset, min(size, _MOST_ENTRIES))))
            strings = dict(entries).get(_STRINGS, 0)
            for tag, value in entries:
                if tag == _NEEDED:
                    yield _text(file, _place(segments, strings) + value)


def _segments(file: BinaryIO) -> Iterator[tuple[int, int, int, int]]:
    """Kind, offset in the file, address and size of each."""
    (start,) = struct.unpack("<Q", _at(file, 32, 8))
    each, count = struct.unpack("<HH", _at(file, 54, 4))
    for number in range(count):
        kind, _, offset, address, _, size, _, _ = _SEGMENT.unpack(_at(file, start + number * each, _SEGMENT.size))
        yield kind, offset, address, size


def _entries(data: bytes) -> Iterator[tuple[int, int]]:
    for tag, value in _ENTRY.iter_unpack(data[: len(data) // _ENTRY.size * _ENTRY.size]):
        if tag == _END:
            return
        yield tag, value


def _place(segments: list[tuple[int, int, int, int]], address: int) -> int:
    """Where in the file lies what is loaded to an address; ValueError where nothing does."""
    for kind, offset, start, size in segments:
        if kind == _LOAD and start <= address < start + size:
            return address - start + offset
    raise ValueError(f"nothing is loaded at {address}")


def _text(file: BinaryIO, offset: int) -> str:
    return _at(file, offset, _LONGEST_NAME).partition(b"\0")[0].decode("ascii", "replace")


def _at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
