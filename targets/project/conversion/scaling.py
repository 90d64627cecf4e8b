"""scikit-learn's transformers of numbers: scaling, filling in, choosing and combining columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from .fitted import Fitted, takes_nan
from .functions import applied
from .graph import Graph
from .tables import Column, Table, beside, finite, not_infinite, numbered, numeric, select


def standard(graph: Graph, model: Fitted, table: Table) -> Table:
    table = numbers(graph, table)
    if model.with_mean:
        table = _each(graph, table, "Sub", _rounded(model.mean_, table))
    if model.with_std and table.sparse:
        return _each(graph, table, "Mul", 1 / model.scale_)
    return _each(graph, table, "Div", _rounded(model.scale_, table)) if model.with_std else table


def min_max(graph: Graph, model: Fitted, table: Table) -> Table:
    table = _each(graph, numbers(graph, table), "Mul", model.scale_)
    table = _each(graph, table, "Add", model.min_)
    return _clipped(graph, table, *model.feature_range) if model.clip else table


def max_abs(graph: Graph, model: Fitted, table: Table) -> Table:
    table = numbers(graph, table)
    op, scale = ("Mul", 1 / model.scale_) if table.sparse else ("Div", model.scale_)
    table = _each(graph, table, op, scale)
    return _clipped(graph, table, -1.0, 1.0) if getattr(model, "clip", False) else table


def robust(graph: Graph, model: Fitted, table: Table) -> Table:
    table = numbers(graph, table)
    if model.with_centering:
        table = _each(graph, table, "Sub", model.center_)
    if not model.with_scaling:
        return table
    op, scale = ("Mul", 1 / model.scale_) if table.sparse else ("Div", model.scale_)
    return _each(graph, table, op, scale)


def normalizer(graph: Graph, model: Fitted, table: Table) -> Table:
    table = finite(graph, table)
    norms = {"l1": "ReduceL1", "l2": "ReduceL2", "max": "ReduceMax"}
    tensor = graph.add("Abs", table.tensor) if model.norm == "max" else table.tensor
    norm = graph.add(norms[model.norm], tensor, graph.constant([1], "int64"), keepdims=1)
    divisor = graph.add("Where", graph.add("Equal", norm, graph.constant(0.0)), graph.constant(1.0), norm)
    return replace(table, tensor=graph.through(graph.add("Div", table.tensor, divisor), table.dtype))


def imputer(graph: Graph, model: Fitted, table: Table) -> Table:
    """What is missing becomes the column's statistic; columns that have none go."""
    fills = [_fill(column, value) for column, value in zip(table.columns, model.statistics_, strict=True)]
    if all(column.vocabulary is None for column in table.columns):
        table = not_infinite(graph, table)
    missing = _missing(graph, model, table)
    kept = [i for i, fill in enumerate(fills) if not np.isnan(fill)]
    filled = graph.add("Where", missing, graph.constant([np.nan_to_num(fills)]), table.tensor)
    dtype = table.dtype
    columns = tuple(c if c.vocabulary else replace(c, dtype=dtype) for c in table.columns)
    known = table.known if table.known == "anything" or not _is_nan(model.missing_values) else "finite"
    made = replace(table, tensor=graph.through(filled, dtype), columns=columns, known=known)
    made = select(graph, made, kept)
    if not model.add_indicator:
        return made
    shown = [int(i) for i in model.indicator_.features_]
    flags = graph.add("Gather", graph.cast(missing, "float64"), graph.constant(shown, "int64"), axis=1)
    return beside(graph, [made, Table(tensor=flags, columns=numbered(len(shown)), known="finite")])


def _missing(graph: Graph, model: Fitted, table: Table) -> str:
    wanted = model.missing_values
    if _is_nan(wanted):
        return graph.add("IsNaN", table.tensor)
    if not isinstance(wanted, str | int | float):
        raise ValueError(f"SimpleImputer: {wanted!r} cannot stand for what is missing")
    return graph.add("Equal", table.tensor, graph.constant([[_fill(column, wanted) for column in table.columns]]))


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))


def _fill(column: Column, value: Fitted) -> float:
    """What stands in a column's tensor for a value."""
    if not isinstance(value, str):
        return np.nan if value is None else float(value)
    if column.vocabulary is None:
        raise ValueError(f"the column `{column.name}` holds numbers, and is filled with a text")
    return column.vocabulary.code(value)


def selector(graph: Graph, model: Fitted, table: Table) -> Table:
    """What keeps some of the columns as they are."""
    table = (numbers if takes_nan(model) else finite)(graph, table)
    return select(graph, table, np.flatnonzero(model.get_support()).tolist())


def polynomial(graph: Graph, model: Fitted, table: Table) -> Table:
    """Products of columns, from as many factors as the highest degree has; a factor too few is 1."""
    table = finite(graph, table)
    powers = np.asarray(model.powers_)
    width = len(table.columns)
    ones = graph.add("Add", graph.add("Mul", _first(graph, table), graph.constant(0.0)), graph.constant(1.0))
    padded = graph.add("Concat", table.tensor, ones, axis=1)
    degree = max(1, int(powers.sum(axis=1).max()))
    factors = [np.repeat(np.arange(width), row).tolist() for row in powers]
    places = np.array([factor + [width] * (degree - len(factor)) for factor in factors])
    product, *others = (graph.add("Gather", padded, graph.constant(p, "int64"), axis=1) for p in places.T)
    for other in others:
        product = graph.through(graph.add("Mul", product, other), table.dtype)
    return Table(tensor=product, columns=numbered(len(powers), table.dtype))


def _first(graph: Graph, table: Table) -> str:
    return graph.add("Gather", table.tensor, graph.constant([0], "int64"), axis=1)


def components(graph: Graph, model: Fitted, table: Table) -> Table:
    """PCA and TruncatedSVD: the rows by the components' directions."""
    table = finite(graph, table)
    tensor = table.tensor
    if getattr(model, "mean_", None) is not None:
        tensor = graph.add("Sub", tensor, graph.constant(model.mean_))
    tensor = graph.add("MatMul", tensor, graph.constant(model.components_.T))
    if getattr(model, "whiten", False):
        tensor = graph.add("Div", tensor, graph.constant(np.sqrt(model.explained_variance_)))
    return Table(tensor=tensor, columns=numbered(len(model.components_)))


def function(graph: Graph, model: Fitted, table: Table) -> Table:
    if model.func is None:
        return table
    if model.kw_args:
        raise ValueError("FunctionTransformer: there is no conversion of arguments")
    numeric(table)
    tensor = graph.through(applied(graph, model.func, table.tensor), table.dtype)
    return replace(table, tensor=tensor, columns=numbered(len(table.columns), table.dtype), known="anything")


def numbers(graph: Graph, table: Table) -> Table:
    """The table, which may hold NaN, as the numbers that an array of it has."""
    numeric(table)
    table = not_infinite(graph, table)
    return replace(table, columns=tuple(replace(column, dtype=table.dtype) for column in table.columns))


def _rounded(values: Fitted, table: Table) -> ArrayLike:
    """What scikit-learn rounds to the table's type before it computes, not after."""
    return np.asarray(values).astype(table.dtype)


def _each(graph: Graph, table: Table, op: str, values: ArrayLike) -> Table:
    """A number for each column, taken to it; rounding float64 once is what float32 itself would give."""
    tensor = graph.through(graph.add(op, table.tensor, graph.constant(values)), table.dtype)
    return replace(table, tensor=tensor, known="anything")


def _clipped(graph: Graph, table: Table, low: float, high: float) -> Table:
    tensor = graph.add("Clip", table.tensor, graph.constant(low), graph.constant(high))
    return replace(table, tensor=graph.through(tensor, table.dtype))
