"""How rows become the table that a model was fitted on: dtypes, and which of a flavor's functions make it."""

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
    """A column's dtype; one that may be missing has the dtype that a table read from a file gives it."""
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
    """Which functions of the flavor's file stand for `table`, `column` and `load`."""
    load = {} if spec.serializer == "skops" else {"load": f"load_{spec.serializer}"}
    if spec.container == "ndarray":
        return {"table": "table_objects" if array_dtype(spec.inputs) == "object" else "table_ndarray", **load}
    if any(column.type == "datetime" for column in spec.inputs):
        return {"table": "table_mixed", "column": "column_datetimes", **load}
    if any(column.optional and column_dtype(column) == "object" for column in spec.inputs):
        return {"table": "table_mixed", **load}
    return load


def table_constants(spec: ModelSpec) -> dict[str, object]:
    """The constants that those functions read."""
    table: dict[str, object] = {"COLUMNS": {column.name: column_dtype(column) for column in spec.inputs}}
    if spec.container == "ndarray":
        dtype = array_dtype(spec.inputs)
        table = {} if dtype == "object" else {"DTYPE": dtype}
    return table | ({"TRUSTED": list(spec.types)} if spec.serializer == "skops" else {})
