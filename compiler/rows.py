"""Rows of a CSV file as JSON values of a model's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..schema.diagnostics import Field, fail
from .formats.sample import ABSENT, DATE, read_sample
from .model_spec import Column

Value = str | int | float | bool | None


def typed_rows(data: bytes, columns: Sequence[Column], *, field: Field) -> list[dict[str, Value]]:
    """One object a row, by column name, in the model's order; columns that the model does not take are left out.

    UserError `sample-mismatch` where a column is missing or a cell is not of its column's type, `sample-unreadable`
    where the bytes are no table.
    """
    table = read_sample(data, field)
    places = {column.name: i for i, column in enumerate(table.columns)}
    missing = [c.name for c in columns if c.name not in places and not c.optional]
    if missing:
        text = f"the rows lack the model's columns {', '.join(missing[:10])}"
        raise fail("sample-mismatch", text, field=field, help="name them in the first line")
    known = [(c, places[c.name]) for c in columns if c.name in places]
    return [
        {c.name: _value(c, row[place], number, field) for c, place in known} for number, row in enumerate(table.rows, 2)
    ]


_READ: Mapping[str, type[int] | type[float]] = {"integer": int, "long": int, "float": float, "double": float}


def _value(column: Column, text: str, line: int, field: Field) -> Value:
    if text == "" or (text in ABSENT and column.type not in ("string", "binary")):
        return None
    try:
        if column.type == "boolean":
            return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]
        if column.type == "datetime" and DATE.fullmatch(text):
            return f"{text}T00:00:00"  # a request says the time as well
        return _READ[column.type](text) if column.type in _READ else text
    except (ValueError, KeyError):
        words = f"line {line}: column {column.name} is of type {column.type}, but holds {text!r}"
        raise fail("sample-mismatch", words, field=field) from None
