"""The bytes of a model file as its loader sees them: decompressed as joblib does, and never more than a limit."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from ..digest import CHUNK
from .symbols import Malformed

LIMIT = 8 << 30
"""Bytes that a compressed model may unfold to: 8 GiB."""

_LONGEST = 64 << 20
"""Bytes that one read may ask for; what is longer in an honest file is skipped in pieces."""

_LZMA_MEMORY = 256 << 20

_PIECE = 64 << 10


class TooLarge(Exception):
    """A compressed file unfolds to more than the limit."""


class Decoder(Protocol):
    """A decompressor of the standard library that can be asked for a few bytes at a time."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zlib:
    """zlib's decompressor with the interface of bz2's: it keeps what it was given and did not use."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        unfolded = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        # zlib may hold back output although it took all input: only a call that gives nothing shows that it is dry
        self.needs_input = not self._inner.unconsumed_tail and len(unfolded) < max_length
        return unfolded


_CODECS: dict[bytes, Callable[[], Decoder]] = {
    b"\x1f\x8b": lambda: _Zlib(31),
    b"\x78": lambda: _Zlib(15),
    b"BZ": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY),
    b"\x5d\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY),
}


class Source(Protocol):
    """What bytes come from: a file, or a decompressor over one."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class _Unpacked:
    """One compressed stream, unfolded as it is read; what follows it is ignored, as joblib needs no more."""

    def __init__(self, source: BinaryIO, decoder: Decoder, limit: int) -> None:
        self._source, self._decoder, self._left = source, decoder, limit
        self._kept = b""

    def read(self, size: int, /) -> bytes:
        parts = [self._kept]
        have = len(self._kept)
        while have < size and (data := self._next()):
            parts.append(data)
            have += len(data)
        joined = b"".join(parts)
        self._kept = joined[size:]
        return joined[:size]

    def readline(self, size: int, /) -> bytes:
        while b"\n" not in self._kept and len(self._kept) < size and (data := self._next()):
            self._kept += data
        end = self._kept.find(b"\n") + 1
        return self.read(min(size, end or len(self._kept)))

    def _next(self) -> bytes:
        """Some more bytes, at most _PIECE of them; empty at the end only."""
        data = b""
        while not data and not self._decoder.eof:
            fresh = self._source.read(_PIECE) if self._decoder.needs_input else b""
            if self._decoder.needs_input and not fresh:
                raise Malformed("the compressed data ends early")
            try:
                data = self._decoder.decompress(fresh, _PIECE)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
                raise Malformed(f"the compressed data is broken ({error})") from None
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        return data


class Stream:
    """Bytes read from front to back, counted; asking for more than there is gives less, as files do."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0

    def tell(self) -> int:
        return self._at

    def read(self, size: int) -> bytes:
        if size > _LONGEST or size < 0:
            raise Malformed(f"a length of {size} bytes that no model needs", self._at)
        data = self._source.read(size)
        self._at += len(data)
        return data

    def readline(self) -> bytes:
        line = self._source.readline(_LONGEST)
        self._at += len(line)
        return line

    def exactly(self, size: int) -> bytes:
        data = self.read(size)
        if len(data) != size:
            raise Malformed("the file ends early", self._at)
        return data

    def skip(self, size: int) -> None:
        while size > 0:
            size -= len(self.exactly(min(size, CHUNK)))


def codec(head: bytes) -> Callable[[], Decoder] | None:
    """How a file that begins with `head` (8 bytes) is compressed, judged by the marks that joblib judges by."""
    return next((make for mark, make in _CODECS.items() if head.startswith(mark)), None)


def opened(file: BinaryIO, limit: int = LIMIT) -> Stream:
    """The file's stream, decompressed where it is compressed; reading raises TooLarge past `limit` unfolded bytes."""
    head = file.read(8)
    file.seek(0)
    if head.startswith((b"ZF", b"\x04\x22\x4d\x18")):
        raise Malformed("it is compressed with lz4 or by a joblib older than 0.10, which cannot be read")
    make = codec(head)
    return Stream(file if make is None else _Unpacked(file, make(), limit))
