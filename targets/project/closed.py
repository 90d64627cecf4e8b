"""Columns in which a model takes certain values alone: what their type lists, and what a refusal is explained with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...compiler.codegen.bind import Code
from ...compiler.model_spec import Column, Label

Closed = Mapping[str, tuple[Label | None, ...]]
"""The values by column, as the probe found them."""
UNEXPLAINED = frozenset({"unknown_category", "CATEGORIES"})
"""What of the templates goes where nothing is to be explained."""
LISTED = 100
"""Of more values than that, a type lists none."""


def listed(columns: Sequence[Column], closed: Closed) -> tuple[Column, ...]:
    """The columns, restricted to what the model takes where that is few values and deploy.yaml says nothing else."""
    return tuple(_listed(column, _values(column, closed)) for column in columns)


def unlisted(columns: Sequence[Column], closed: Closed) -> frozenset[str]:
    """The columns in which a value that may be given is known to nobody but whoever has the data."""
    return frozenset(c.name for c in columns if _values(c, closed) and not c.limits.values)


def constants(columns: Sequence[Column], closed: Closed) -> dict[str, dict[str, object]]:
    """What the module is bound to that explains refusals; nothing where the types leave none to explain."""
    told = {c.name: closed[c.name] for c in columns if c.name in closed and not _checked(c, closed[c.name])}
    sets = (f"{name!r}: frozenset({{{', '.join(map(repr, values))}}})" for name, values in told.items())
    return {"categories": {"CATEGORIES": Code(f"{{{', '.join(sets)}}}")}} if told else {}


def _listed(column: Column, values: tuple[Label, ...]) -> Column:
    if column.limits.values or column.redacted or not values or len(values) > LISTED:
        return column
    return replace(column, limits=replace(column.limits, values=values))


def _values(column: Column, closed: Closed) -> tuple[Label, ...]:
    return tuple(value for value in closed.get(column.name, ()) if value is not None)


def _checked(column: Column, values: tuple[Label | None, ...]) -> bool:
    """Whether the column's type itself holds everything off that the model would refuse."""
    exact = all(isinstance(value, str) or type(value) is int for value in column.limits.values)
    missing = column.optional and None not in values
    return bool(column.limits.values) and exact and not missing and {*column.limits.values} <= {*values}
