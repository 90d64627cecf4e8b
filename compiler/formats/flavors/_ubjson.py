"""Universal Binary JSON (draft 12, as XGBoost writes it), read as data: large arrays are skipped, not made."""

from __future__ import annotations

import struct
from collections.abc import Set
from dataclasses import dataclass, field

from ..flavor import Data
from ..symbols import Malformed, Opaque, Value

_FIXED = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_WORDS: dict[str, Value] = {"Z": None, "T": True, "F": False}
_DEEPEST = 64
_KEPT = 1 << 20


def parse(data: Data, *, skipped: Set[str] = frozenset()) -> Value:
    """The value; under keys in `skipped` it is None. Malformed: it is not whole, or nested beyond reason."""
    return _Parser(data, skipped).value()


@dataclass(slots=True)
class _Parser:
    data: Data
    skipped: Set[str]
    at: int = field(default=0)

    def value(self, kept: bool = True, depth: int = 0) -> Value:
        return self.of_type(self.letter(), kept, depth)

    def of_type(self, kind: str, kept: bool, depth: int) -> Value:
        if depth > _DEEPEST:
            raise Malformed("it is nested beyond reason", self.at)
        if kind in _WORDS:
            return _WORDS[kind]
        if kind in _FIXED:
            return self.number(kind)
        if kind == "C":
            return self.letter()
        if kind == "S":
            return self.text()
        if kind == "[":
            return self.array(kept, depth)
        if kind == "{":
            return self.object(kept, depth)
        raise Malformed(f"byte {ord(kind):#04x} begins no value", self.at - 1)

    def array(self, kept: bool, depth: int) -> Value:
        kind, count = self.form()
        if kind:
            return self.packed(kind, count or 0, kept)
        items: list[Value] = []
        while count is None or count > 0:
            if count is None and self.ends("]"):
                break
            item = self.value(kept, depth + 1)
            if kept:
                items.append(item)
            count = count and count - 1
        return tuple(items)

    def packed(self, kind: str, count: int, kept: bool) -> Value:
        """An array whose elements are all of one type; Opaque where it is long."""
        if kind not in _FIXED:
            raise Malformed(f"an array of the type {kind!r}", self.at)
        size = struct.calcsize(_FIXED[kind]) * count
        if not kept or size > _KEPT:
            self.skip(size)
            return Opaque(size)
        return struct.unpack(f">{count}{_FIXED[kind][1]}", self.take(size))

    def object(self, kept: bool, depth: int) -> Value:
        kind, count = self.form()
        if kind:
            raise Malformed("an object whose values are all of one type", self.at)
        found: dict[str, Value] = {}
        while count is None or count > 0:
            if count is None and self.ends("}"):
                break
            key = self.text()
            inside = kept and key not in self.skipped
            value = self.value(inside, depth + 1)
            if kept:
                found[key] = value if inside else None
            count = count and count - 1
        return found

    def form(self) -> tuple[str, int | None]:
        """A container's element type, "" when it has none, and its length, None when a bracket ends it."""
        kind = self.letter() if self.ends("$") else ""
        if self.ends("#"):
            return kind, self.length()
        if kind:
            raise Malformed("an array with a type and no length", self.at)
        return "", None

    def text(self) -> str:
        data = self.take(self.length())
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a text that is not UTF-8", self.at) from None

    def length(self) -> int:
        kind = self.letter()
        found = self.number(kind) if kind in "iUIlL" else -1
        if not isinstance(found, int) or found < 0:
            raise Malformed("a length that is no whole number", self.at)
        return found

    def number(self, kind: str) -> int | float:
        (found,) = struct.unpack(_FIXED[kind], self.take(struct.calcsize(_FIXED[kind])))
        assert isinstance(found, int | float)
        return found

    def letter(self) -> str:
        return chr(self.take(1)[0])

    def ends(self, mark: str) -> bool:
        """Whether the next byte is the mark, which then is passed."""
        found = self.data[self.at : self.at + 1] == mark.encode()
        self.at += found
        return found

    def take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise Malformed("the file ends early", self.at)
        self.at += size
        return found

    def skip(self, size: int) -> None:
        if self.at + size > len(self.data):
            raise Malformed("the file ends early", self.at)
        self.at += size
