"""What an image has that a service needs: its Pythons, its C library, shared libraries and shell, out of its layers."""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from ...compiler.cas import Cas
from ...schema.diagnostics import Field, fail
from .base import COMPRESSION, Base
from .compression import plain

PIECE = 1 << 16
"""Bytes that are read at a time: tarfile's own choice takes three times as long."""
_PYTHON = re.compile(r"(?:.*/)?bin/python(3\.[0-9]+)")
_STANDARD = re.compile(r"(?:.*/)?lib/python(3\.[0-9]+)/asyncio/__init__\.py")
_SHELL = re.compile(r"(?:usr/)?bin/sh")
_SHARED = re.compile(r"(?:.*/)?lib(?:64|32)?/(?:[^/]+/)?([^/]+\.so(?:\.[0-9]+)*)")
_LIBC = re.compile(r"libc\.so\.6|libc-2\.[0-9]+\.so")
_GLIBC = re.compile(rb"GNU C Library [^\n]*release version ([0-9]+\.[0-9]+)")
_REMOVED, _ALL_REMOVED = ".wh.", ".wh..wh..opq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was found in an image."""

    pythons: Mapping[str, str] = field(default_factory=dict)
    """Programs by minor version, such as "3.11": "/usr/bin/python3.11"."""
    standard: tuple[str, ...] = ()
    """Minor versions whose standard library is there as a whole."""
    glibc: str = ""
    """Its version, such as "2.36"; empty where there is none."""
    musl: bool = False
    shell: bool = False
    """Whether there is a /bin/sh."""
    libraries: tuple[str, ...] = ()
    """Names of shared libraries, such as "libgomp.so.1"."""


def read(cas: Cas, base: Base, at: Field) -> Contents:
    """All layers are read, one after the other, and none is unpacked; UserError `bad-base` where one is no archive."""
    files: dict[str, str] = {}
    for layer in base.layers:
        try:
            pieces = plain(cas.chunks(layer.digest), COMPRESSION[layer.media_type])
            with tarfile.open(fileobj=io.BufferedReader(_Stream(pieces)), mode="r|", bufsize=PIECE) as archive:
                for member in archive:
                    _note(files, archive, member)
        except (tarfile.TarError, ValueError, EOFError) as error:
            text = f"this is no base for the image: its layer sha256:{layer.digest} is no archive: {error}"
            raise fail("bad-base", text, field=at) from None
    return _found(files, base.path)


def _note(files: dict[str, str], archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Keep the paths that matter, and of a C library its version; `files` are those of the layers so far."""
    path = posixpath.normpath(member.name).lstrip("/")
    folder, name = posixpath.split(path)
    if name == _ALL_REMOVED or name.startswith(_REMOVED):
        gone = folder if name == _ALL_REMOVED else posixpath.join(folder, name.removeprefix(_REMOVED))
        for known in [known for known in files if known == gone or known.startswith(f"{gone}/")]:
            del files[known]
    elif _PYTHON.fullmatch(path) or _STANDARD.fullmatch(path) or _SHELL.fullmatch(path):
        files[path] = ""
    elif _SHARED.fullmatch(path):
        opened = archive.extractfile(member) if _LIBC.fullmatch(name) and member.isfile() else None
        files[path] = _glibc(opened) if opened else ""


def _glibc(library: IO[bytes]) -> str:
    found = _GLIBC.search(library.read())
    return found[1].decode() if found else ""


def _found(files: Mapping[str, str], path: tuple[str, ...]) -> Contents:
    pythons: dict[str, str] = {}
    order = {folder.strip("/"): number for number, folder in enumerate(path)}
    for program in sorted(files, key=lambda p: (order.get(posixpath.dirname(p), len(order)), p)):
        if match := _PYTHON.fullmatch(program):
            pythons.setdefault(match[1], f"/{program}")
    names = {match[1] for file in files if (match := _SHARED.fullmatch(file))}
    return Contents(
        pythons=dict(sorted(pythons.items())),
        standard=tuple(sorted({match[1] for file in files if (match := _STANDARD.fullmatch(file))})),
        glibc=max((version for version in files.values() if version), default=""),
        musl=any(name.startswith("ld-musl-") for name in names),
        shell=any(_SHELL.fullmatch(file) for file in files),
        libraries=tuple(sorted(names)),
    )


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file that can only be read on."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a buffer of bytes is all that it is given
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = min(len(buffer), len(self._rest))
        buffer[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken
