"""Columns whose names no field of a type can have in JSON: what the service has for them besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...compiler.codegen.identifiers import identifiers
from ...compiler.model_spec import Column

SPELLING: dict[str, str | int | None] = {'"': "\ue022", "\\": "\ue05c"}
"""What a type's field has in a name for what it cannot have, as template/spelling.py says it."""
UNSPELLED = frozenset({"respelled", "spelled", "all_spelled", "unspelled", "unspelled_in"})
"""What of the templates goes where all names are plain."""


def odd(columns: Sequence[Column]) -> bool:
    """Whether a name holds such characters."""
    return any(spelled(column.name) != column.name for column in columns)


def spelled(name: str) -> str:
    """A column's name as the field of a type has it in JSON."""
    return name.translate(str.maketrans(SPELLING))


def field_names(columns: Sequence[Column], taken: frozenset[str]) -> tuple[str, ...]:
    """The identifiers of the columns' fields."""
    return identifiers([column.name for column in columns], taken=taken, stem="column")


def constants(columns: Sequence[Column], taken: frozenset[str]) -> dict[str, Mapping[str, object]]:
    """What modules are bound to that else read the names from the type; nothing where all names are plain."""
    if not odd(columns):
        return {}
    names = [column.name for column in columns]
    fields = dict(zip(names, field_names(columns, taken), strict=True))
    required = tuple(c.name for c in columns if not c.optional and c.limits.default is None)
    tabular = {"COLUMNS": tuple(names), "FIELDS": fields, "REQUIRED": required}
    return {"tabular": tabular, "categories": {"FIELDS": fields}}
