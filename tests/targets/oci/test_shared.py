"""Shared libraries: what compiled files ask for, and that a base without it is told before anything runs on it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from deployc.schema.diagnostics import UserError
from deployc.targets.oci import shared
from deployc.targets.oci.elf import needed

FIELD = ("targets", "oci", "base")


def elf(*names: str) -> bytes:
    """The least of a 64-bit ELF file that asks for these libraries: one loaded segment, one dynamic section."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    offsets = [strings.index(b"\0" + name.encode() + b"\0") + 1 for name in names]
    start, address = 64 + 2 * 56, 0x4000
    entries = [(1, offset) for offset in offsets]
    entries += [(5, address + start + 16 * (len(names) + 2)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    body = dynamic + strings
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    whole = start + len(body)
    segments = struct.pack("<IIQQQQQQ", 1, 4, 0, address, 0, whole, whole, 4096)
    segments += struct.pack("<IIQQQQQQ", 2, 4, start, address + start, 0, len(dynamic), len(dynamic), 8)
    return head + segments + body


@dataclass(frozen=True)
class Owner:
    name: str
    files: tuple[str, ...]


def test_what_a_file_asks_for_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.so"
    file.write_bytes(elf("libgomp.so.1", "libc.so.6"))
    assert needed(file) == ("libgomp.so.1", "libc.so.6")


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x7fELF", elf("a.so")[:100], elf("a.so")[:200], b"\x7fELF\x02\x01" + b"\xff" * 90]
)
def test_other_and_broken_files_ask_for_nothing(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.so").write_bytes(data)
    assert needed(tmp_path / "a.so") == ()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    for path, names in {
        "lightgbm/lib.so": ("libgomp.so.1", "libc.so.6"),
        "scipy/a.so": ("libblas-1.so.3",),
        "scipy.libs/libblas-1.so.3": ("libc.so.6",),
        "torch/b.so": ("libcuda.so.1",),
        "numba/tbb.so": ("libtbb.so.12",),
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(elf(*names))
    return tmp_path


def check(installed: Path, *has: str) -> None:
    files = [path.relative_to(installed).as_posix() for path in sorted(installed.rglob("*")) if path.is_file()]
    names = ("lightgbm", "scipy", "torch", "numba")
    owners = [Owner(name, tuple(f for f in files if f.startswith(name))) for name in names]
    shared.check(owners, installed, has, FIELD)


def test_each_library_that_nobody_brings_is_told_with_who_needs_it(installed: Path) -> None:
    with pytest.raises(UserError) as raised:
        check(installed, "libc.so.6")
    assert [(d.code, d.field, d.message) for d in raised.value.diagnostics] == [
        ("unfit-base", FIELD, "lightgbm needs libgomp.so.1, which the base lacks"),
        ("unfit-base", FIELD, "numba needs libtbb.so.12, which the base lacks"),
    ]
    assert "install libgomp1 in the base" in raised.value.diagnostics[0].help


def test_what_the_base_has_or_the_user_does_without_is_not_told(installed: Path) -> None:
    check(installed, "libc.so.6", "libgomp.so.1", "libtbb.so.12")
