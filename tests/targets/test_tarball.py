"""Archives: what others read in them, and that nothing but names and contents is in their bytes."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
from collections.abc import Mapping

import pytest
from deployc.targets.oci.compression import Compression, compressed, plain
from deployc.targets.tarball import Member, archive, text
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=60)
PARTS = st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=1, max_size=5)
FILES = st.dictionaries(PARTS.map("/".join), st.tuples(st.binary(max_size=1500), st.booleans()), max_size=6)


def members(files: Mapping[str, tuple[bytes, bool]]) -> list[Member]:
    return [
        Member(path=path, size=len(data), read=lambda data=data: (data[:7], data[7:]), executable=executable)
        for path, (data, executable) in files.items()
        if not any(other.startswith(f"{path}/") for other in files)
    ]


def read(data: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: member for member in tar}


@given(FILES)
def test_python_reads_what_was_written(files: Mapping[str, tuple[bytes, bool]]) -> None:
    wanted = {member.path for member in members(files)}
    data = b"".join(archive(members(files)))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {member.name: member for member in tar}
        assert {name for name, member in found.items() if member.isfile()} == wanted
        for path in wanted:
            opened = tar.extractfile(found[path])
            assert opened is not None
            assert opened.read() == files[path][0]
            assert found[path].mode == (0o755 if files[path][1] else 0o644)


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_given_is_in_no_byte(
    files: Mapping[str, tuple[bytes, bool]], random: random.Random
) -> None:
    given = members(files)
    mixed = random.sample(given, len(given))
    assert b"".join(archive(given)) == b"".join(archive(mixed))


def test_members_belong_to_root_and_have_no_time() -> None:
    data = b"".join(archive([text("app/a.txt", "a"), Member(path="venv/bin/python", link="/usr/bin/python3.11")]))
    found = read(data)
    assert list(found) == ["app", "app/a.txt", "venv", "venv/bin", "venv/bin/python"]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in found.values()} == {(0, 0, "", "", 0)}
    assert found["app"].mode == 0o755
    assert found["venv/bin/python"].linkname == "/usr/bin/python3.11"


def test_the_bytes_stay_what_they_are() -> None:
    """A new version of deployc that writes others would change every image."""
    members = [text("app/a.txt", "a\n"), Member(path="b/" * 60 + "c", link="x" * 101), text("ü" * 60, "b")]
    found = hashlib.sha256(b"".join(archive(members))).hexdigest()
    assert found == "e4f99f0e5edea7cd780551eff871d1ae0bdb2892cacb4c86f9e4b3418ac85e12"


def test_a_file_of_more_than_eight_gibibytes_has_its_size() -> None:
    large = Member(path="model.bin", size=9 * 2**30, read=lambda: ())
    head = next(archive([large]))
    with tarfile.open(fileobj=io.BytesIO(head)) as tar:
        member = tar.firstmember
    assert member is not None
    assert (member.name, member.size) == ("model.bin", 9 * 2**30)


def test_a_file_that_is_shorter_than_it_says_is_no_archive() -> None:
    with pytest.raises(ValueError, match="has 1 bytes, not 2"):
        b"".join(archive([Member(path="a", size=2, read=lambda: (b"a",))]))


@pytest.mark.parametrize("how", ["none", "gzip", "zstd"])
def test_compressed_layers_are_read_back(how: Compression) -> None:
    data = [b"a" * 5000, b"", b"b" * 70000]
    packed = b"".join(compressed(data, how))
    pieces = [packed[i : i + 11] for i in range(0, len(packed), 11)]
    assert b"".join(plain(pieces, how)) == b"".join(data)
    assert packed == b"".join(compressed([b"".join(data)], how)), "pieces are in no byte"


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_several_compressed_parts_are_one(how: Compression) -> None:
    packed = b"".join([*compressed([b"a" * 100], how), *compressed([b"b" * 100], how)])
    assert b"".join(plain([packed], how)) == b"a" * 100 + b"b" * 100


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_what_is_not_compressed_is_told(how: Compression) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        b"".join(plain([b"no such thing at all"], how))
