"""Rows from the tables that other protocols send: by name or by position, with what each of them says differently."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import nan
from typing import Any  # what a decoder makes

import msgspec
from msgspec.structs import astuple, fields, replace

from .problems import Rejected
from .schema import Row
from .spelling import all_spelled
from .typed import located

SHAPE: list[int] = []
"""Of a model that takes an array of more than two dimensions, what it has for one row: the model's one column."""

POSITIONAL = False
"""Whether the model was fitted on an array, whose columns have a place and no name of their own."""

KINDS: dict[str, str] = {
    "number": "number",
    "some text": "text",
    "count": "integer",
    "big": "integer",
    "when": "moment",
    "kind": "text",
}
"""Columns in which values may be said in more than one way; a `number` has to be there, and may be NaN."""

MISSING = frozenset({"", "NA", "N/A", "<NA>", "NaN", "nan", "NULL", "null", "None"})
"""What stands in a CSV file for a value that is missing; only the empty one does so among texts."""

COLUMNS: tuple[str, ...] = Row.__struct_encode_fields__
FIELDS = {field.encode_name: field.name for field in fields(Row)}
REQUIRED = tuple(field.encode_name for field in fields(Row) if field.required)


class Record(Row, kw_only=True, frozen=True, gc=False, forbid_unknown_fields=False):
    """A row beside whose columns there may be others, which are not looked at."""


def decode(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """What a body holds; other than in JSON itself, a number may be NaN or Infinity, as Python's json writes them."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return msgspec.convert(json.loads(body), decoder.type)
        except msgspec.ValidationError as error:
            message, field = located(str(error))
            raise Rejected(400, "invalid-body", message, field) from None
        except (ValueError, RecursionError) as error:
            raise Rejected(400, "invalid-json", f"the body is not JSON: {error}"[:300]) from None


def rows(records: Sequence[Mapping[str, object]], *, strict: bool = True) -> list[Row]:
    """The rows that records stand for; Rejected names the column that does not fit.

    A null or NaN is NaN where the model takes a number that has to be there, and null elsewhere. A number without a
    fraction may stand for an integer, a date for its midnight. Unless it is strict, texts may stand for numbers.
    """
    settled = [{name: _settled(name, value) for name, value in record.items()} for record in records]
    found = converted(settled, list[Record], strict=strict)
    for i, record in enumerate(records):
        missing = [FIELDS[n] for n, value in record.items() if KINDS.get(n) == "number" and _missing(value)]
        if missing:
            found[i] = replace(found[i], **dict.fromkeys(missing, nan))
    return found


def converted(records: Sequence[Mapping[str, object]], kind: type[Sequence[Row]], *, strict: bool) -> list[Row]:
    """The rows of records whose values are as typed JSON has them; Rejected names the column that does not fit."""
    records = all_spelled(records)
    try:
        return [*msgspec.convert(records, kind, strict=strict)]
    except msgspec.ValidationError as error:
        message, field = located(str(error))
        raise Rejected(400, "invalid-row", message, field) from None


def cell(name: str, text: object) -> object:
    """A value as a CSV file has it, or None where it stands for a missing one."""
    if KINDS.get(name) == "text" or not isinstance(text, str):
        return text or None
    text = text.strip()
    return None if text in MISSING else text


def by_position(data: object) -> list[dict[str, object]]:
    """The records of a list of rows, each a list of values; Rejected where they are not as long as the model's."""
    if isinstance(data, list) and (SHAPE or (len(COLUMNS) == 1 and not any(isinstance(row, list) for row in data))):
        data = [[value] for value in data]
    elif not POSITIONAL:
        raise Rejected(400, "invalid-row", f"the columns have to be named: {', '.join(COLUMNS)}"[:300])
    return by_name(COLUMNS, data)


def by_name(names: Sequence[str], data: object) -> list[dict[str, object]]:
    """The records of a list of rows whose values are named by `names`."""
    given = frozenset(names)
    if len(given) != len(names):
        raise Rejected(400, "invalid-row", "two columns have the same name")
    _check_there(given)
    if not isinstance(data, list):
        raise Rejected(400, "invalid-row", "the rows have to be a list")
    for i, row in enumerate(data):
        if not isinstance(row, list) or len(row) != len(names):
            raise Rejected(400, "invalid-row", f"a row has to be a list of {len(names)} values", f"[{i}]")
    return [dict(zip(names, row, strict=True)) for row in data]


def by_column(columns: Mapping[str, object]) -> list[dict[str, object]]:
    """The records of columns, each a list of values; Rejected where these are not equally long."""
    _check_there(columns)
    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    if len(lists) != len(columns) or len({len(values) for values in lists.values()}) > 1:
        raise Rejected(400, "invalid-row", "the columns have to be lists of the same length")
    return [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]


def plain(answer: msgspec.Struct) -> object:
    """An answer's value as the model gives it, without the names of its classes."""
    (value,) = astuple(answer)
    return [*astuple(value)] if isinstance(value, msgspec.Struct) else value


def _check_there(names: Collection[str]) -> None:
    for name in REQUIRED:
        if name not in names:
            raise Rejected(400, "invalid-row", f"the column `{name}` is missing"[:300])


def _settled(name: str, value: object) -> object:
    """A value as typed JSON would say it."""
    if _missing(value):
        # Stands for NaN, which is put in its place later: no bound admits it.
        return 0.0 if KINDS.get(name) == "number" else None
    if isinstance(value, float) and KINDS.get(name) == "integer" and value.is_integer():
        return int(value)
    return _moment(value) if KINDS.get(name) == "moment" else value


def _moment(value: object) -> object:
    """A time as a text, also where it is of a library's own type; a date stands for its midnight."""
    text = value.isoformat() if isinstance(value, date) else value
    alone = isinstance(text, str) and not (len(text) > 10 and text[4] == "-")
    return f"{text}T00:00:00" if alone else text


def _missing(value: object) -> bool:
    return value is None or value != value
