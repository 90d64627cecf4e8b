"""MLflow's recorded signature as columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import get_args

from ...schema.diagnostics import UserError, fail
from ..model_spec import Column, ColumnType, Param

_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)
TENSOR = "tensor"
"""What the one column of an array of more than two dimensions is called where the signature does not name it."""
_TENSOR_TYPES: dict[str, ColumnType] = {
    "bool": "boolean",
    "int8": "integer",
    "int16": "integer",
    "int32": "integer",
    "uint8": "integer",
    "uint16": "integer",
    "int64": "long",
    "uint32": "long",
    "float16": "float",
    "float32": "float",
    "float64": "double",
    "object": "string",
    "str": "string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The inputs that MLflow recorded; `named` is false for an array, whose columns then are x0, x1 and so on."""

    inputs: tuple[Column, ...]
    named: bool
    texts: bool = False
    """Whether it is a list of texts, and no table."""
    params: tuple[Param, ...] = ()


def parse_signature(raw: object) -> Signature | None:
    """MLmodel's `signature`, None without one; UserError `unsupported-signature` for inputs that are not a table."""
    inputs = _entries(raw, "inputs")
    if not inputs:
        return None
    params = tuple(param for entry in _entries(raw, "params") if (param := _param(entry)))
    if len(inputs) == 1 and _is_text(inputs[0]):
        return Signature(inputs=(Column(name="x0", type="string"),), named=False, texts=True, params=params)
    if inputs[0].get("type") == "tensor":
        return Signature(inputs=_tensor(inputs), named=False, params=params)
    columns = tuple(_column(entry) for entry in inputs)
    return Signature(inputs=columns, named=True, params=params)


def _entries(raw: object, key: str) -> list[dict[str, object]]:
    """The list that a JSON string holds; today's and the old folders write it as a string."""
    value = raw.get(key) if isinstance(raw, dict) else None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise unsupported(f"its {key} are not JSON") from None
    entries = value if isinstance(value, list) else []
    if not all(isinstance(entry, dict) for entry in entries):
        raise unsupported(f"its {key} are not a list of columns")
    return entries


def _param(entry: dict[str, object]) -> Param | None:
    """None for one of a type that has no form here, such as an object."""
    kind = next((known for known in _TYPES if entry.get("type") == known), None)
    default = entry.get("default")
    given = default if isinstance(default, list) else [] if default is None else [default]
    values = tuple(value for value in given if isinstance(value, str | int | float))
    if kind is None or len(values) < len(given):
        return None
    return Param(name=str(entry.get("name")), type=kind, many=entry.get("shape") is not None, default=values)


def _column(entry: dict[str, object]) -> Column:
    name, kind = entry.get("name"), str(entry.get("type"))
    if not isinstance(name, str):
        raise unsupported("a column has no name")
    optional = bool(entry.get("optional")) or entry.get("required") is False
    for known in _TYPES:  # a loop, so that the literal keeps its type
        if kind == known:
            return Column(name=name, type=known, optional=optional)
    raise unsupported(f"column `{name}` is of type {kind}")


def _is_text(entry: dict[str, object]) -> bool:
    """Whether what is given is a text for each row: a type without a name, or an array of one dimension."""
    spec = entry.get("tensor-spec")
    if isinstance(spec, dict):
        return spec.get("dtype") in ("str", "object") and spec.get("shape") == [-1]
    return entry.get("type") == "string" and entry.get("name") is None


def _tensor(inputs: list[dict[str, object]]) -> tuple[Column, ...]:
    """The columns of an array of two dimensions; one column for an array of more, which holds a row's own array."""
    spec = inputs[0].get("tensor-spec")
    dtype = str(spec.get("dtype")) if isinstance(spec, dict) else ""
    inner = _inner(spec.get("shape") if isinstance(spec, dict) else None)
    if len(inputs) != 1 or not inner:
        raise unsupported("its input is not one array of rows that all have the same known shape")
    if dtype not in _TENSOR_TYPES or prod(inner) > 1 << 20:
        raise unsupported(f"its input is an array with {' x '.join(map(str, inner))} values of {dtype} in a row")
    kind = _TENSOR_TYPES[dtype]
    if len(inner) > 1:
        return (Column(name=str(inputs[0].get("name") or TENSOR), type=kind, shape=inner),)
    return tuple(Column(name=f"x{i}", type=kind) for i in range(inner[0]))


def _inner(shape: object) -> tuple[int, ...]:
    """The shape of one row; empty where it is not known."""
    inner = shape[1:] if isinstance(shape, list) else []
    return tuple(inner) if all(type(size) is int and size > 0 for size in inner) else ()


def unsupported(why: str) -> UserError:
    """The error for a signature that cannot be served."""
    return fail(
        "unsupported-signature",
        f"the signature in MLmodel cannot be served yet: {why}",
        field=("model", "path"),
        help="save the model with a signature of plain columns, or without one and give model.sample",
    )
