"""How a layer is compressed: gzip for every engine, zstd for new ones, nothing for what does not get smaller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, cast

from ...compiler.digest import CHUNK

# The compressors are imported where they are used: a build with nothing to do needs none.

Compression = Literal["none", "gzip", "zstd"]
GZIP_LEVEL, ZSTD_LEVEL = 2, 3
"""ISA-L's level 3 compresses in another way where the processor has AVX2, so its bytes are not the same everywhere."""
_GZIP_BITS = 31
"""What zlib calls a gzip file with the largest window."""
SHAPERS: dict[Compression, tuple[str, ...]] = {"none": (), "gzip": ("isal",), "zstd": ("zstandard",)}
"""Distributions whose versions the compressed bytes depend on."""
MEDIA_TYPE: dict[Compression, str] = {
    "none": "application/vnd.oci.image.layer.v1.tar",
    "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
}


def compressed(chunks: Iterable[bytes], how: Compression) -> Iterator[bytes]:
    """The same bytes compressed, without a name or time in them."""
    if how == "none":
        yield from chunks
        return
    if how == "gzip":
        from isal import isal_zlib

        yield from _packed(chunks, isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP_BITS))
    else:
        import zstandard

        yield from _packed(chunks, zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj())


def plain(chunks: Iterable[bytes], how: Compression) -> Iterator[bytes]:
    """The bytes that were compressed; ValueError where they are not that."""
    if how == "none":
        yield from chunks
    elif how == "gzip":
        yield from _unzipped(chunks)
    else:
        import zstandard

        unpacker = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)
        try:
            yield from map(unpacker.decompress, chunks)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _packed(chunks: Iterable[bytes], packer: _Packer) -> Iterator[bytes]:
    for chunk in _regular(chunks):
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _regular(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of a mebibyte: what comes out of a compressor depends on the pieces that go in."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    yield bytes(held)


def _unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A layer may be several gzip members, one after the other."""
    from isal import isal_zlib

    unpacker = isal_zlib.decompressobj(_GZIP_BITS)
    try:
        for chunk in chunks:
            while chunk:
                if unpacker.eof:
                    unpacker = isal_zlib.decompressobj(_GZIP_BITS)
                yield unpacker.decompress(chunk)
                chunk = unpacker.unused_data
    except cast(type[Exception], isal_zlib.error) as error:  # its stub says that this is an instance
        raise ValueError(str(error)) from None
