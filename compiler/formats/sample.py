"""Sample rows from a CSV file: which columns there are, and of which types."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...schema.diagnostics import Field, UserError, fail
from ..model_spec import Column, ColumnType

_FIELD = ("model", "sample")
ABSENT = frozenset({"", "nan", "NaN", "NA", "N/A", "null", "NULL", "None"})
_BOOLEAN = frozenset({"true", "false", "True", "False", "TRUE", "FALSE"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|Infinity)")
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_MOMENT = re.compile(rf"{DATE.pattern}[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{{1,9}})?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A table of texts and what its columns seem to be."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


def read_sample(data: bytes, field: Field = _FIELD) -> Sample:
    """UTF-8 CSV with a header row; UserError `sample-unreadable`, of `field`, says what keeps it from being one."""
    try:
        return _read(data)
    except UserError as error:
        raise UserError(*(replace(d, field=field) for d in error.diagnostics)) from None


def _read(data: bytes) -> Sample:
    header, *rows = _table(data)
    if not rows:
        raise _unreadable("it has no rows below its header")
    if all(_NUMBER.fullmatch(name) for name in header):
        raise _unreadable("its first line holds numbers, not the names of columns")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _unreadable(f"its header names a column twice: {_listed(twice)}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise _unreadable(f"row {number} has {len(row)} cells, its header has {len(header)}")
    columns = tuple(_column(name, cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True))
    return Sample(columns=columns, rows=tuple(map(tuple, rows)))


def _table(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
        table = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except UnicodeDecodeError as error:
        raise _unreadable(f"byte {error.start} is not UTF-8", "save it as UTF-8") from None
    except csv.Error as error:
        raise _unreadable(str(error)) from None
    if not table:
        raise _unreadable("it is empty")
    if len(table[0]) == 1 and ";" in table[0][0]:
        raise _unreadable("its header is one column with semicolons", "separate the columns by commas")
    return table


def _unreadable(why: str, help: str = "") -> UserError:
    return fail("sample-unreadable", f"the rows cannot be read: {why}", field=_FIELD, help=help)


def _column(name: str, cells: Sequence[str]) -> Column:
    """The narrowest type that all cells have; words such as NA count as empty where the others are no texts."""
    present = [cell for cell in cells if cell not in ABSENT]
    found = _type(present)
    if found == "string":
        return Column(name=name, type=found, optional="" in cells)
    optional = len(present) < len(cells)
    # a missing whole number makes the column one of doubles, in pandas and in MLflow
    return Column(name=name, type="double" if optional and found == "long" else found, optional=optional)


def _type(cells: Sequence[str]) -> ColumnType:
    if not cells:
        return "double"
    if all(cell in _BOOLEAN for cell in cells):
        return "boolean"
    if all(_INTEGER.fullmatch(cell) and -(2**63) <= int(cell) < 2**63 for cell in cells):
        return "long"
    if all(_NUMBER.fullmatch(cell) for cell in cells):
        return "double"
    if all(DATE.fullmatch(cell) for cell in cells):
        return "datetime"
    zones = {bool(match[5]) for cell in cells if (match := _MOMENT.fullmatch(cell))}
    if len(zones) == 1 and all(_MOMENT.fullmatch(cell) for cell in cells):
        return "datetime"
    return "string"


def merged(sample: Sample, names: Sequence[str], count: int | None) -> tuple[Column, ...]:
    """The sample's columns in the model's order, by `names`, or by position when only their `count` is known.

    What the sample has beyond the model's names (such as the target) is ignored. UserError `sample-mismatch` otherwise.
    """
    given = {column.name: column for column in sample.columns}
    if names:
        # LightGBM keeps a space in a name as _
        spelled = {name.replace(" ", "_"): column for name, column in given.items()} | given
        missing = [name for name in names if name not in spelled]
        if missing:
            raise _mismatch(missing, [name for name in given if name not in names])
        return tuple(spelled[name] for name in names)
    if count is not None and count != len(given):
        raise fail(
            "sample-mismatch",
            f"the sample has {len(given)} columns, the model takes {count} and does not know their names",
            field=_FIELD,
            help="leave only the model's own columns in the sample, in the order in which it was trained on them",
            notes=[f"in the sample: {_listed(list(given))}"],
        )
    return sample.columns


def check_fits(sample: Sample, inputs: Sequence[Column]) -> None:
    """UserError `sample-mismatch` when a column of a recorded signature, unless optional, is not in the sample."""
    given = [column.name for column in sample.columns]
    missing = [column.name for column in inputs if column.name not in given and not column.optional]
    if missing:
        raise _mismatch(missing, [name for name in given if name not in {c.name for c in inputs}])


def _mismatch(missing: Sequence[str], extra: Sequence[str]) -> UserError:
    plural = "column" if len(missing) == 1 else "columns"
    notes = [f"the sample has, and the model does not take: {_listed(extra)}"] if extra else []
    return fail(
        "sample-mismatch",
        f"the sample lacks the {plural} {_listed(missing)} that the model takes",
        field=_FIELD,
        help="name the columns as they were named in training",
        notes=notes,
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:10])
    return shown + (f" and {len(names) - 10} more" if len(names) > 10 else "")
