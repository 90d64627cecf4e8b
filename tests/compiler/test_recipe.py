"""Blobs that are stored as what they are made of: nobody who reads one can tell it from another."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployc.compiler.cas import LARGE, Cas, CorruptBlob
from deployc.compiler.digest import Digest, of_bytes
from deployc.compiler.recipe import Held, Part, Recipe
from deployc.compiler.tree import Entry
from hypothesis import given
from hypothesis import strategies as st

DATA = random.Random(0).randbytes(LARGE)
PARTS = st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=6)


@pytest.fixture
def cas(tmp_path: Path) -> Cas:
    return Cas(tmp_path / "cas")


def put(cas: Cas, parts: list[tuple[bytes, bool]]) -> tuple[Digest, int]:
    """A blob of these bytes, of which some are blobs themselves."""
    return cas.put_parts(Held(cas.put_bytes(data), len(data)) if held else data for data, held in parts)


@given(PARTS, st.integers(0, 300))
def test_it_is_the_bytes_of_its_parts(parts: list[tuple[bytes, bool]], offset: int) -> None:
    whole = b"".join(data for data, _ in parts)
    with tempfile.TemporaryDirectory() as folder:
        digest, size = put(Cas(Path(folder, "cas")), parts)
        assert (digest, size) == (of_bytes(whole), len(whole))
        for cas in (Cas(Path(folder, "cas")), Cas(Path(folder, "cas"))):
            assert cas.has(digest, size)
            assert not cas.has(digest, size + 1)
            assert cas.get(digest) == whole
            assert b"".join(cas.chunks(digest)) == whole
            assert b"".join(cas.pieces(digest, offset)) == whole[offset:]
            cas.copy(Entry(path="", digest=digest, size=size), Path(folder, "copy"))
            cas.link(Entry(path="", digest=digest, size=size), Path(folder, "link"))
            assert Path(folder, "copy").read_bytes() == Path(folder, "link").read_bytes() == whole
        assert cas.verified(digest).read_bytes() == whole


@given(PARTS)
def test_it_is_its_text(parts: list[tuple[bytes, bool]]) -> None:
    found = Recipe.of(Held(of_bytes(data), len(data)) if held else data for data, held in parts)
    assert Recipe.parse(found.text) == found


def test_a_recipe_of_recipes_names_what_lies_in_them(cas: Cas) -> None:
    inner = put(cas, [(b"head", False), (b"model", True)])
    outer, size = cas.put_parts([b"before", Held(*inner), b"after"])
    cas.path(inner[0]).with_name(f"{inner[0][2:]}.parts").unlink()
    assert cas.has(outer, size)
    assert cas.get(outer) == b"beforeheadmodelafter"


def test_a_large_file_in_it_is_on_disk_once(cas: Cas, tmp_path: Path) -> None:
    digest, size = put(cas, [(b"head", False), (DATA, True), (b"tail", False)])
    assert sum(path.stat().st_size for path in cas.root.rglob("*") if path.is_file()) < 1.1 * LARGE
    cas.link(Entry(path="", digest=digest, size=size), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"head" + DATA + b"tail"
    assert not (tmp_path / "out").stat().st_mode & 0o222


def test_it_is_not_there_where_one_of_its_parts_is_not(cas: Cas, tmp_path: Path) -> None:
    digest, size = put(cas, [(b"head", False), (DATA, True)])
    cas.path(of_bytes(DATA)).unlink()
    assert not cas.has(digest)
    for read in _readers(cas, digest, tmp_path):
        with pytest.raises(CorruptBlob):
            read()
    with pytest.raises(CorruptBlob):
        cas.put_parts([b"head", Held(of_bytes(DATA), LARGE)])
    put(cas, [(b"head", False), (DATA, True)])
    assert cas.has(digest, size)


@pytest.mark.parametrize("same", [True, False], ids=["the process that wrote it", "another"])
def test_what_is_bad_of_it_is_noticed_and_removed(cas: Cas, tmp_path: Path, same: bool) -> None:
    digest, _ = put(cas, [(b"head", False), (DATA, True)])
    bad = cas.path(of_bytes(DATA))
    for read in range(4):
        put(cas, [(b"head", False), (DATA, True)])
        bad.chmod(0o644)
        bad.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
        found = cas if same else Cas(cas.root)
        with pytest.raises(CorruptBlob):
            [*_readers(found, digest, tmp_path)][read]()
        assert not cas.has(digest)
        assert not cas.has(of_bytes(DATA))


@pytest.mark.parametrize("text", ['"other"\n', "no recipe", '["00", "x"]\n', "[[], 1]\n", "{}\n", "", "\0"])
def test_a_bad_recipe_is_a_missing_blob_or_is_noticed(cas: Cas, text: str) -> None:
    digest, size = put(cas, [(b"head", False), (DATA, True)])
    recipe = cas.path(digest).with_name(f"{digest[2:]}.parts")
    recipe.chmod(0o644)
    recipe.write_text(text)
    with pytest.raises(CorruptBlob):
        cas.get(digest)
    assert not cas.has(digest, size)
    assert put(cas, [(b"head", False), (DATA, True)]) == (digest, size)
    assert cas.has(of_bytes(DATA))


def _readers(cas: Cas, digest: Digest, folder: Path) -> Iterator[Callable[[], object]]:
    entry = Entry(path="", digest=digest, size=4 + LARGE)
    yield lambda: cas.get(digest)
    yield lambda: [*cas.chunks(digest)]
    yield lambda: cas.copy(entry, folder / "copy")
    yield lambda: cas.link(entry, folder / "link")


def test_parts_are_one_where_they_are_no_blobs() -> None:
    parts: list[Part] = [b"a", b"b", Held(Digest("0" * 64), 1), b"", b"c"]
    assert Recipe.of(parts).parts == (b"ab", Held(Digest("0" * 64), 1), b"c")
