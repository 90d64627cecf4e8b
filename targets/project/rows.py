"""The rows that a service takes: the fields of their types, and one of them as the example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from ...compiler.codegen.fields import Field
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Column, ColumnType
from ...schema.config import Config
from ...schema.diagnostics import fail
from .closed import Closed, unlisted
from .hooking import request_fields
from .limits import column_type, within
from .probe import filled
from .spelled import field_names, spelled

RESERVED = frozenset(
    {"int", "float", "bool", "str", "bytes", "list", "datetime", "field", "Annotated", "Integer", "Long"}
    | {"Literal", "Any", "Float", "Datetime", "Meta", "Struct", "Row", "Image"}
)
"""Names that a field cannot have, since the types beside it have them."""
LONGEST = 1000
"""A tensor of more values is no example."""


def row_types(
    columns: Sequence[Column], hooks: Hooks | None, asked: Sequence[Column] | None
) -> dict[str, Sequence[Field]]:
    """The fields of what the service takes, and of what the model takes where that is something else."""
    if hooks and hooks.pre and hooks.request:
        return {"Row": request_fields(hooks.request), "Features": row_fields(columns)}
    if asked is not None:
        return {"Row": row_fields(asked), "Features": row_fields(columns)}
    return {"Row": row_fields(columns)}


def shown_row(
    columns: Sequence[Column],
    config: Config,
    example: Mapping[str, object] | None,
    hooks: Hooks | None,
    closed: Closed,
) -> dict[str, object]:
    """The row that the documentation shows; empty where it would have to give away what is not published."""
    if config.serve.hooks and config.serve.hooks.example:
        return dict(config.serve.hooks.example)
    if hooks and hooks.pre and hooks.request:
        return {field.key: field.example for field in hooks.request.fields if not field.default}
    row = example_row(columns) if example is None else within(example, columns)
    published = config.model.sample and config.model.sample.publish
    secret = [c for c in columns if c.name in unlisted(columns, closed) and (c.redacted or not published)]
    long = any(prod(c.shape) > LONGEST for c in columns)
    return {} if long or any(row[c.name] in closed[c.name] for c in secret) else row


def row_fields(columns: Sequence[Column]) -> tuple[Field, ...]:
    """A field for each column, in their order; UserError `unsupported-column` for a name that no JSON type can hold."""
    for column in columns:
        if not column.name.isprintable():
            text = f"the model takes a column named {column.name!r}: control characters cannot be served"
            raise fail("unsupported-column", text, field=("model", "path"), help="train it with another name")
    names = field_names(columns, RESERVED)
    return tuple(_row_field(column, name) for column, name in zip(columns, names, strict=True))


def _row_field(column: Column, name: str) -> Field:
    annotation = column_type(column) + (" | None" if column.optional else "")
    default = "None" if column.optional else ""
    if column.limits.default is not None:
        default = repr(column.limits.default)
    if name == column.name:
        return Field(name=name, annotation=annotation, default=default)
    given = f", default={default}" if default else ""
    return Field(name=name, annotation=annotation, default=f"field(name={spelled(column.name)!r}{given})")


def example_row(columns: Sequence[Column]) -> dict[str, object]:
    """A row that the signature accepts, synthesised from it."""
    values: Mapping[ColumnType, object] = {
        "boolean": True,
        "integer": 1,
        "long": 1,
        "float": 1.0,
        "double": 1.0,
        "string": "text",
        "binary": "AA==",
        "datetime": "2026-01-01T00:00:00Z",
    }
    return within({column.name: filled(values[column.type], column.shape) for column in columns}, columns)


def encodable(name: str) -> bool:
    """Whether msgspec can encode a field of this name."""
    return name.isprintable() and not set(name) & set('"\\')
