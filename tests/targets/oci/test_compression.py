"""Compressed layers: the same bytes on every processor, and the bytes that were put in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from deployc.targets.oci.compression import Compression, compressed, plain
from hypothesis import given
from hypothesis import strategies as st

HOWS: tuple[Compression, ...] = ("none", "gzip", "zstd")


def text() -> Iterator[bytes]:
    """Three mebibytes that get smaller, and are no longer regular after a while."""
    for number in range(3 << 10):
        line = hashlib.sha256(str(number % 700).encode()).hexdigest().encode()
        yield (line * 16)[:1024]


def test_gzip_gives_the_bytes_that_it_gives_on_every_processor() -> None:
    """They were made with and without AVX2; where isal is pinned anew, they are made again so."""
    digest = hashlib.sha256(b"".join(compressed(text(), "gzip"))).hexdigest()
    assert digest == "94314e22912c701891fb816d07d44cc97872b938514493281d964edd9cd36e94"


@pytest.mark.parametrize("how", HOWS)
@given(pieces=st.lists(st.binary(max_size=200), max_size=20))
def test_what_is_unpacked_is_what_was_packed(how: Compression, pieces: list[bytes]) -> None:
    packed = b"".join(compressed(pieces, how))
    assert b"".join(plain([packed], how)) == b"".join(pieces)
