"""Recipes: a blob told by the parts that it is made of, so that a file in an archive is not stored a second time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from .digest import CHUNK, Digest


@dataclass(frozen=True, slots=True)
class Held:
    """A part that is a blob of its own, whole."""

    digest: Digest
    size: int


Part = bytes | Held


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a blob is made of, in order."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Recipe:
        """Of the same bytes; what are not blobs is joined where it is side by side."""
        return cls(tuple(_joined(parts)))

    @property
    def size(self) -> int:
        return sum(map(length, self.parts))

    @property
    def held(self) -> tuple[Held, ...]:
        """The blobs among the parts."""
        return tuple(part for part in self.parts if isinstance(part, Held))

    @property
    def text(self) -> str:
        """One line a part, in JSON: a blob's digest and size, or bytes as letters of Latin-1."""
        lines = [part.decode("latin-1") if isinstance(part, bytes) else [part.digest, part.size] for part in self.parts]
        return "".join(f"{json.dumps(line)}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """The inverse of `text`; ValueError where it is not one."""
        try:
            return cls(tuple(_part(json.loads(line)) for line in text.splitlines()))
        except TypeError as error:
            raise ValueError(str(error)) from None


def length(part: Part) -> int:
    """How many bytes a part has."""
    return len(part) if isinstance(part, bytes) else part.size


def append(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a file to the end of another one: by the system, which on some file systems shares their bytes."""
    target.flush()
    with suppress(OSError, AttributeError):
        while os.copy_file_range(source.fileno(), target.fileno(), CHUNK << 10):
            pass
    # what it would not do goes on where it stopped
    shutil.copyfileobj(source, target, CHUNK)


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    loose = b""
    for part in parts:
        if isinstance(part, bytes):
            loose += part
        else:
            if loose:
                yield loose
            yield part
            loose = b""
    if loose:
        yield loose


def _part(told: object) -> Part:
    if isinstance(told, str):
        return told.encode("latin-1")
    if isinstance(told, list) and len(told) == 2:
        return Held(Digest(str(told[0])), int(told[1]))
    raise ValueError(f"no part of a blob: {told}")
