"""How answers are written to a file: the columns that they have, and the bytes of some of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Protocol  # Any: what the user's own types make

import msgspec
from msgspec.inspect import DataclassType, Field, StructType, Type, TypedDictType, type_info

RECORDS = (StructType, DataclassType, TypedDictType)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answers: where its value is in an answer, and its type where that is known."""

    path: tuple[str, ...]
    type: Type | None = None

    @property
    def name(self) -> str:
        """The path as one name, such as `scores.yes`."""
        return ".".join(self.path)

    def value(self, line: Mapping[str, Any]) -> Any:
        """What an answer has there; None where it has nothing."""
        found: Any = line
        for key in self.path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


class Writer(Protocol):
    """Writes one format. A file is its head and then lines, which may be written in several goes."""

    streams: bool
    """Whether these bytes are the file, with nothing to finish."""

    def head(self) -> bytes: ...

    def lines(self, answers: Sequence[Mapping[str, Any]]) -> bytes: ...

    def finish(self, made: Path) -> Path:
        """The file that is to be, made of the one that holds the head and all lines."""


Opened = Callable[[Sequence[Column]], Writer]


class CsvWriter:
    """CSV with a line of names. What is missing is empty, and what is no plain value is JSON."""

    streams = True

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def head(self) -> bytes:
        return _csv([[column.name for column in self._columns]])

    def lines(self, answers: Sequence[Mapping[str, Any]]) -> bytes:
        return _csv([[_cell(column.value(line)) for column in self._columns] for line in answers])

    def finish(self, made: Path) -> Path:
        return made


class JsonWriter:
    """JSON lines: each answer as the service gives it, with the row's number."""

    streams = True

    def __init__(self, columns: Sequence[Column]) -> None:
        self._encoder = msgspec.json.Encoder()

    def head(self) -> bytes:
        return b""

    def lines(self, answers: Sequence[Mapping[str, Any]]) -> bytes:
        return self._encoder.encode_lines(answers)

    def finish(self, made: Path) -> Path:
        return made


def answer_columns(kinds: Sequence[type]) -> list[Column]:
    """The columns of what methods answer: one for each field, and for each field of a field that has some."""
    return [Column(path, kind) for each in kinds for path, kind in _paths(type_info(each))]


def _paths(kind: Type) -> Iterator[tuple[tuple[str, ...], Type]]:
    for field in _fields(kind):
        inner = [((field.encode_name, *path), found) for path, found in _paths(field.type)]
        yield from inner or [((field.encode_name,), field.type)]


def _fields(kind: Type) -> tuple[Field, ...]:
    return kind.fields if isinstance(kind, RECORDS) else ()


def as_json(value: object) -> str:
    """What is no plain value, as text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _csv(lines: Sequence[Sequence[object]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value) if isinstance(value, list | dict) else value
