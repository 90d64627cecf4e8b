"""How rows become the table that a model was fitted on: dtypes, and which of the templates' functions make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...compiler.model_spec import Column, ColumnType, ModelSpec

DTYPES: Mapping[ColumnType, str] = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "object",
    "binary": "object",
    "datetime": "datetime64[ns]",
}


def column_dtype(column: Column) -> str:
    """A column's dtype; one that may be missing has the dtype that a table read from a file gives it.

    Numbers stand for categories where the model numbers them; else it takes them as they are.
    """
    if column.categories is not None:
        return "float64" if column.categories else "object"
    if not column.optional:
        return DTYPES[column.type]
    return {"boolean": "object", "integer": "float64", "long": "float64"}.get(column.type, DTYPES[column.type])


def array_dtype(columns: Sequence[Column]) -> str:
    """The one dtype of an array that holds all columns."""
    dtypes = {column_dtype(column) for column in columns}
    if len(dtypes) == 1:
        return dtypes.pop()
    return "float64" if dtypes <= {"int32", "int64", "float32", "float64", "bool"} else "object"


def table_functions(spec: ModelSpec) -> dict[str, str]:
    """Which of the templates' functions stand for `table` and `column`."""
    if spec.container == "texts":
        return {"table": "table_texts"}
    if spec.container == "tensor":
        return {"table": "table_tensor"}
    if spec.container == "ndarray":
        objects = array_dtype(spec.inputs) == "object"
        return {"table": "table_objects" if objects else "table_codes" if codes(spec) else "table_ndarray"}
    if any(column.type == "datetime" for column in spec.inputs):
        return {"table": "table_mixed", "column": "column_datetimes"}
    if any(column.optional and column_dtype(column) == "object" for column in spec.inputs):
        return {"table": "table_mixed"}
    return {}


def table_constants(spec: ModelSpec) -> dict[str, object]:
    """The constants that those functions read."""
    return {
        "COLUMNS": {column.name: column_dtype(column) for column in spec.inputs},
        "DTYPE": array_dtype(spec.inputs),
        "CODES": codes(spec),
    }


def codes(spec: ModelSpec) -> dict[int, dict[object, int]]:
    """By the places of columns whose categories the model numbers, these numbers."""
    numbered = ((place, column.categories) for place, column in enumerate(spec.inputs) if column.categories)
    return {place: {label: code for code, label in enumerate(labels)} for place, labels in numbered}
