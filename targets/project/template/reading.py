"""What a file of rows holds: a record for each row as it comes, and what of it is no row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import SEEK_END
from typing import Any, BinaryIO, Protocol  # Any: what a decoder makes

import msgspec
from msgspec.inspect import StrType, Type

from .schema import Row
from .tabular import COLUMNS, REQUIRED, cell, converted, rows

MAX_LINE = 16 * 1024 * 1024
"""A line of more bytes is no row: a file is read in constant memory, whatever it holds."""
BOM = b"\xef\xbb\xbf"


class InputError(Exception):
    """The file is not what can be scored."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row as the file has it, or why it is none; and the place behind it, from which reading can go on."""

    values: dict[str, Any]
    place: int
    problem: str = ""


class Reader(Protocol):
    """Reads one format."""

    columns: tuple[str, ...] | None
    """The file's columns; None where each row has its own."""
    total: int
    """The place behind the last record; 0 where it is not known."""

    def __iter__(self) -> Iterator[Record]: ...

    def rows(self, records: Sequence[Mapping[str, object]]) -> list[Row]:
        """The typed rows; Rejected names the column that does not fit."""

    def kind(self, column: str) -> Type | None:
        """The type of a column's values; None where it has not one."""


Opened = Callable[[BinaryIO, int], Reader]
"""A reader of a file, which goes on from a place behind a record; 0 is the beginning."""


class Lines:
    """A file's lines as text. `place` is the byte behind the last one, `problem` what was wrong till then."""

    def __init__(self, file: BinaryIO, place: int = 0) -> None:
        self._file = file
        self.place = place
        self.problem = ""
        if place:
            file.seek(place)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._line()
        if not line:
            raise StopIteration
        begins = self.place == 0
        self.place += len(line)
        if len(line) >= MAX_LINE and not line.endswith(b"\n"):
            self._skip()
            self.problem = f"a line is longer than {MAX_LINE} bytes"
            return "\n"
        try:
            return line.removeprefix(BOM if begins else b"").decode()
        except UnicodeDecodeError as error:
            self.problem = f"the text is not UTF-8: {error.reason}"
            return line.decode(errors="replace")

    def _line(self) -> bytes:
        return self._file.readline(MAX_LINE)

    def _skip(self) -> None:
        while (rest := self._line()) and not rest.endswith(b"\n"):
            self.place += len(rest)
        self.place += len(rest)


class CsvReader:
    """CSV as RFC 4180 has it: the first line names the columns. Empty lines are no rows."""

    def __init__(self, file: BinaryIO, place: int) -> None:
        self._lines = Lines(file)
        self.total = _size(file)
        try:
            self.columns: tuple[str, ...] | None = tuple(next(csv.reader(self._lines, strict=True), ()))
        except csv.Error as error:
            raise InputError(f"the line with the columns' names is not CSV: {error}") from None
        if self._lines.problem:
            raise InputError(self._lines.problem)
        if place:
            self._lines = Lines(file, place)

    def __iter__(self) -> Iterator[Record]:
        names = self.columns or ()
        cells = csv.reader(self._lines, strict=True)
        while True:
            self._lines.problem = ""
            try:
                values = next(cells)
            except StopIteration:
                return
            except csv.Error as error:
                yield Record({}, self._lines.place, f"the line is not CSV: {error}")
                continue
            problem = self._lines.problem
            if values and len(values) != len(names):
                problem = problem or f"the line has {len(values)} values, and there are {len(names)} columns"
            if values or problem:
                yield Record(dict(zip(names, values, strict=False)), self._lines.place, problem)

    def kind(self, column: str) -> Type | None:
        return StrType()

    def rows(self, records: Sequence[Mapping[str, object]]) -> list[Row]:
        """The typed rows: a text stands for what its column's type is, an empty one for what may be left out."""
        values = [{name: cell(name, text) for name, text in each.items()} for each in records]
        there = [
            {name: value for name, value in each.items() if value is not None or name in REQUIRED} for each in values
        ]
        return rows(there, strict=False)


class JsonReader:
    """JSON lines: an object for each row, typed as in a request. Empty lines are no rows."""

    columns: tuple[str, ...] | None = None

    def __init__(self, file: BinaryIO, place: int) -> None:
        self._lines = Lines(file, place)
        self.total = _size(file)
        self._decoder = msgspec.json.Decoder(dict[str, Any])

    def __iter__(self) -> Iterator[Record]:
        for line in self._lines:
            problem, self._lines.problem = self._lines.problem, ""
            if problem:
                yield Record({}, self._lines.place, problem)
            elif line.strip():
                yield self._record(line)

    def kind(self, column: str) -> Type | None:
        return None

    def rows(self, records: Sequence[Mapping[str, object]]) -> list[Row]:
        """The typed rows, as strictly as a request's are."""
        return converted(records, list[Row], strict=True)

    def _record(self, line: str) -> Record:
        try:
            return Record(self._decoder.decode(line), self._lines.place)
        except (msgspec.DecodeError, RecursionError) as error:
            return Record({}, self._lines.place, f"the line is no JSON object: {error}"[:300])


def check_columns(reader: Reader, kept: Sequence[str]) -> None:
    """InputError where the file lacks columns, or has some that the model does not know and that are not kept.

    So a mistyped name of an optional column is found; a service that looks at no others does not here either.
    """
    others = not Row.__struct_config__.forbid_unknown_fields
    if reader.columns is None:
        return
    if len({*reader.columns}) != len(reader.columns):
        raise InputError("two columns have the same name")
    for name in (*REQUIRED, *kept):
        if name not in reader.columns:
            near = get_close_matches(name, reader.columns, 1)
            raise InputError(f"the column `{name}` is missing" + (f": is `{near[0]}` it?" if near else ""))
    for name in reader.columns:
        if not others and name not in COLUMNS and name not in kept:
            raise InputError(f"the model has no column `{name}`: `--keep {name!r}` has it copied to the answers")


def _size(file: BinaryIO) -> int:
    if not file.seekable():
        return 0
    here = file.tell()
    size = file.seek(0, SEEK_END)
    file.seek(here)
    return size
