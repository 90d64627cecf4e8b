"""What a request may hold in a column: as a type that checks and documents it, and in an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...compiler.model_spec import Column, ColumnType

TYPES: Mapping[ColumnType, str] = {
    "boolean": "bool",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "float",
    "string": "str",
    "binary": "bytes",
    "datetime": "Datetime",
}
BOUNDS: Mapping[ColumnType, tuple[str, str, str]] = {
    "integer": ("int", "-(2**31)", "2**31 - 1"),
    "long": ("int", "-(2**63)", "2**63 - 1"),
    "float": ("float", "-3.4028234663852886e38", "3.4028234663852886e38"),
    "double": ("float", "", ""),
}
"""Of numbers: Python's type, and the bounds of the column's own."""


def column_type(column: Column) -> str:
    """The type of a column's values: where no others than its categories may be given, these."""
    kind = _values(column)
    for size in reversed(column.shape):
        kind = f"Annotated[list[{kind}], Meta(min_length={size}, max_length={size})]"
    if column.limits.description:
        return f"Annotated[{kind}, Meta(description={column.limits.description!r})]"
    return kind


def within(row: Mapping[str, object], columns: Sequence[Column]) -> dict[str, object]:
    """The row with a value that may be given in place of each that may not."""
    return {**row, **{column.name: _fitting(column, row[column.name]) for column in columns if column.name in row}}


def _values(column: Column) -> str:
    labels = column.limits.values or (column.categories or () if column.closed else ())
    if labels and all(isinstance(label, str) or type(label) is int for label in labels):
        return f"Literal[{', '.join(map(repr, labels))}]"
    kind = _number(column) if column.type in BOUNDS else TYPES[column.type]
    return f'Annotated[{kind}, Meta(extra_json_schema={{"enum": {list(labels)!r}}})]' if labels else kind


def _number(column: Column) -> str:
    limits = column.limits
    if limits.minimum is None and limits.maximum is None:
        return TYPES[column.type]
    kind, low, high = BOUNDS[column.type]
    number = int if kind == "int" else float
    low = low if limits.minimum is None else repr(number(limits.minimum))
    high = high if limits.maximum is None else repr(number(limits.maximum))
    bounds = ", ".join(f"{name}={bound}" for name, bound in (("ge", low), ("le", high)) if bound)
    return f"Annotated[{kind}, Meta({bounds})]"


def _fitting(column: Column, value: object) -> object:
    if isinstance(value, list):
        return [_fitting(column, each) for each in value]
    limits = column.limits
    if values := limits.values or (column.categories or () if column.closed else ()):
        return value if value in values else values[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if limits.minimum is not None:
        value = max(value, limits.minimum)
    if limits.maximum is not None:
        value = min(value, limits.maximum)
    return int(value) if column.type in ("integer", "long") else value
