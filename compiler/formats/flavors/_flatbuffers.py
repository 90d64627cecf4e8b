"""FlatBuffers, read as data: tables by the numbers of their fields, each step inside the buffer or refused."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ..flavor import Data
from ..symbols import Malformed

_LONGEST_TEXT = 16 << 20


@dataclass(frozen=True, slots=True)
class Buffer:
    """The part of a file from `start` to `end` that is one FlatBuffer."""

    data: Data
    start: int
    end: int

    def root(self) -> Table:
        return Table(self, self.follow(self.start))

    def number(self, form: str, at: int) -> int:
        """The number of struct's `form` at `at`."""
        size = struct.calcsize(form)
        if not self.start <= at <= self.end - size:
            raise Malformed("an offset that leads out of it", at)
        (found,) = struct.unpack(f"<{form}", self.data[at : at + size])
        assert isinstance(found, int)
        return found

    def follow(self, at: int) -> int:
        """The place that the offset at `at` leads to."""
        return at + self.number("I", at)


@dataclass(frozen=True, slots=True)
class Table:
    """One object; a field that it leaves out has its default."""

    buffer: Buffer
    at: int

    def number(self, field: int, default: int) -> int:
        """A field of 32 bits, signed."""
        at = self._place(field)
        return default if at is None else self.buffer.number("i", at)

    def text(self, field: int) -> str:
        at = self._place(field)
        if at is None:
            return ""
        start = self.buffer.follow(at)
        size = self.buffer.number("I", start)
        if size > min(_LONGEST_TEXT, self.buffer.end - start - 4):
            raise Malformed("a text that leads out of it", start)
        return self.buffer.data[start + 4 : start + 4 + size].decode("utf-8", "replace")

    def table(self, field: int) -> Table | None:
        at = self._place(field)
        return None if at is None else Table(self.buffer, self.buffer.follow(at))

    def tables(self, field: int) -> Iterator[Table]:
        """The objects of a list."""
        at = self._place(field)
        if at is None:
            return
        start = self.buffer.follow(at)
        count = self.buffer.number("I", start)
        if count > (self.buffer.end - start) // 4:
            raise Malformed("a list that leads out of it", start)
        for place in range(start + 4, start + 4 + 4 * count, 4):
            yield Table(self.buffer, self.buffer.follow(place))

    def _place(self, field: int) -> int | None:
        """Where a field's value stands, None where the table leaves it out."""
        layout = self.at - self.buffer.number("i", self.at)
        if 4 + 2 * field + 2 > self.buffer.number("H", layout):
            return None
        offset = self.buffer.number("H", layout + 4 + 2 * field)
        return self.at + offset if offset else None
