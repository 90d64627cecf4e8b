"""Rows in memory, whatever library holds them, as plain values: for a sample's CSV and for the service's JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Protocol, runtime_checkable

from ...schema.diagnostics import UserError, fail
from ...targets.checks.booted import Json
from ..formats.inputs import TEXT
from ..formats.overrides import WHOLE
from ..formats.sample import read_sample
from ..model_spec import Column, ColumnType

Value = str | int | float | bool | datetime | date | None


_TYPES: Mapping[type, ColumnType] = {str: "string", bool: "boolean", float: "double", date: "datetime"}


@runtime_checkable
class _Pandas(Protocol):
    """A table of pandas."""

    @property
    def columns(self) -> Iterable[object]: ...
    def itertuples(self, *, index: bool, name: None) -> Iterable[tuple[object, ...]]: ...


@runtime_checkable
class _Polars(Protocol):
    """A table of polars."""

    @property
    def columns(self) -> Iterable[object]: ...
    def iter_rows(self) -> Iterable[tuple[object, ...]]: ...


@runtime_checkable
class _Lazy(Protocol):
    """A table of polars that is still to be computed."""

    def collect(self) -> object: ...
    def collect_schema(self) -> object: ...


@runtime_checkable
class _Array(Protocol):
    """An array of numpy, or of what follows it."""

    @property
    def ndim(self) -> int: ...
    def __getitem__(self, rows: slice) -> _Array: ...
    def tolist(self) -> object: ...


@runtime_checkable
class _Column(Protocol):
    """A column of pandas or polars."""

    def __iter__(self) -> Iterator[object]: ...
    def to_list(self) -> list[object]: ...


@runtime_checkable
class _Scalar(Protocol):
    """One number of numpy."""

    def item(self) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Plain values in rows, with the names of their columns; `named` is false where the rows had none."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    named: bool = True

    def csv(self) -> str:
        """The rows below a header; what is missing is empty."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_cell(value) for value in row] for row in self.rows)
        return text.getvalue()

    def dtypes(self) -> dict[str, ColumnType]:
        """The columns that a reader of the CSV would take for another type than they have here, such as texts of
        digits.
        """
        read = {column.name: column.type for column in read_sample(self.csv().encode()).columns}
        here = {name: _type(cells) for name, cells in zip(self.columns, zip(*self.rows, strict=True), strict=True)}
        return {name: kind for name, kind in here.items() if kind and read[name] != kind}


def table(rows: object, names: Sequence[str] = (), most: int | None = None) -> Table:
    """The first `most` of the rows, or all of them, as a table; the others are not looked at. `names` are the columns
    of rows that have none. UserError `bad-rows`: they are no rows.
    """
    match rows:
        case Mapping():
            return _of_mappings([rows])
        case _Lazy():
            raise fail(
                "bad-rows", f"a {type(rows).__name__} has no rows yet", help="its `collect()` gives a table of them"
            )
        case _Pandas():
            return _of_frame(rows.columns, islice(rows.itertuples(index=False, name=None), most), names)
        case _Polars():
            return _of_frame(rows.columns, islice(rows.iter_rows(), most), names)
        case _Column():
            return _listed([*islice(rows, most)], names)
        case _Array() if rows.ndim:
            return _listed(rows[:most].tolist(), names)
        case list() | tuple():
            return _listed(rows[:most], names)
    raise _no_rows(rows)


def _listed(rows: object, names: Sequence[str]) -> Table:
    match rows:
        case list() | tuple() if rows and all(isinstance(row, Mapping) for row in rows):
            return _of_mappings(rows)
        case list() | tuple() if rows and all(isinstance(row, str) for row in rows):
            return _unnamed([(row,) for row in rows], names or (TEXT,))
        case list() | tuple() if rows and all(isinstance(row, list | tuple) for row in rows):
            return _unnamed(rows, names)
    raise _no_rows(rows)


def _no_rows(rows: object) -> UserError:
    return fail(
        "bad-rows",
        f"these are no rows: a {type(rows).__name__}"
        + (" that is empty" if isinstance(rows, list | tuple) and not rows else ""),
        help="give a table of pandas or polars, an array with two dimensions, or a list of mappings of names to values",
    )


def records(rows: object, columns: Sequence[Column]) -> Json:
    """The rows as a service takes them whose model has these columns; rows without names are in the model's order.

    UserError `bad-rows`: they are no rows, or hold a number that JSON has not.
    """
    found = table(rows, [column.name for column in columns])
    whole = {column.name for column in columns if column.type in WHOLE}
    return [
        {name: _json(name, value, whole=name in whole) for name, value in zip(found.columns, row, strict=True)}
        for row in found.rows
    ]


def _of_frame(columns: Iterable[object], rows: Iterable[tuple[object, ...]], names: Sequence[str]) -> Table:
    named = [*columns]
    if all(isinstance(name, str) for name in named):
        return Table(columns=tuple(map(str, named)), rows=_values(rows))
    # a model that was fitted on columns which are numbered knows no names either
    return _unnamed(rows, names)


def _of_mappings(rows: Sequence[Mapping[object, object]]) -> Table:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(columns=tuple(map(str, columns)), rows=_values([row.get(name) for name in columns] for row in rows))


def _unnamed(rows: Iterable[Sequence[object]], names: Sequence[str]) -> Table:
    found = _values(rows)
    width = max(map(len, found), default=0)
    if any(len(row) != width for row in found):
        raise fail("bad-rows", "the rows are not all of one length")
    named = len(names) == width
    return Table(columns=tuple(names) if named else tuple(f"x{i}" for i in range(width)), rows=found, named=named)


def _values(rows: Iterable[Iterable[object]]) -> tuple[tuple[Value, ...], ...]:
    return tuple(tuple(map(_value, row)) for row in rows)


def _value(cell: object) -> Value:
    """One cell as a plain value; what libraries put where a value is missing is None."""
    # nearly all cells are one of these, and to ask whether one follows a protocol takes 14 microseconds
    if cell is None or type(cell) is float or type(cell) is int or type(cell) is str or type(cell) is bool:
        return cell if cell == cell else None
    if isinstance(cell, datetime | date):
        return cell if cell == cell else None  # NaT of pandas is a datetime that is not equal to itself
    if isinstance(cell, _Scalar):
        cell = cell.item()
    if isinstance(cell, float) and math.isnan(cell):
        return None
    if isinstance(cell, str | int | float | None):
        return cell
    if type(cell).__name__ in ("NAType", "NaTType"):
        return None
    raise fail("bad-rows", f"a cell holds a {type(cell).__name__}", help="cells hold numbers, texts, booleans or times")


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case datetime() | date():
            return value.isoformat()
    return str(value)


def _json(name: str, value: Value, *, whole: bool) -> Json:
    if isinstance(value, float):
        if math.isinf(value):
            raise fail("bad-rows", f"`{name}` is {value}, which JSON cannot say", help="leave out what is not finite")
        # an array has one type for all its columns
        return int(value) if whole and value.is_integer() else value
    if isinstance(value, date):
        # RFC 3339 has no days without a time
        return value.isoformat() if isinstance(value, datetime) else f"{value.isoformat()}T00:00:00"
    return value


def _type(cells: Iterable[Value]) -> ColumnType | None:
    """The type that all values have, but for whole numbers, which a reader knows; None where there is no such type."""
    kinds = {type(cell) for cell in cells if cell is not None}
    for base, name in _TYPES.items():
        if kinds and all(issubclass(kind, base) for kind in kinds):
            return name
    return None
