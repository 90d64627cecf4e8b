"""scikit-learn's PowerTransformer: a power of each column that makes it look like a normal distribution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fitted import Fitted
from .functions import expm1, log1p
from .graph import Graph
from .scaling import numbers, standard
from .tables import Table


def transformed(graph: Graph, model: Fitted, table: Table) -> Table:
    table = numbers(graph, table)
    forms = {"box-cox": _box_cox, "yeo-johnson": _yeo_johnson}
    tensor = graph.through(forms[model.method](graph, table.tensor, np.asarray(model.lambdas_, float)), table.dtype)
    table = replace(table, tensor=tensor, known="anything")
    return standard(graph, model._scaler, table) if model.standardize else table


def _box_cox(graph: Graph, tensor: str, powers: Fitted) -> str:
    """Of positive numbers alone."""
    graph.refuse(graph.add("LessOrEqual", tensor, graph.constant(0.0)))
    return _power(graph, graph.add("Log", tensor), powers)


def _yeo_johnson(graph: Graph, tensor: str, powers: Fitted) -> str:
    """Of one more than a number, of what is negative mirrored."""
    rising = _power(graph, log1p(graph, tensor), powers)
    falling = graph.add("Neg", _power(graph, log1p(graph, graph.add("Neg", tensor)), 2 - powers))
    return graph.add("Where", graph.add("GreaterOrEqual", tensor, graph.constant(0.0)), rising, falling)


def _power(graph: Graph, logarithm: str, powers: Fitted) -> str:
    """(x**p - 1) / p of each column, by the logarithm of x; which is the logarithm itself where p is 0."""
    plain = np.abs(powers) < np.spacing(1.0)
    safe = np.where(plain, 1.0, powers)
    raised = expm1(graph, graph.add("Mul", logarithm, graph.constant([safe])))
    made = graph.add("Div", raised, graph.constant([safe]))
    return graph.add("Where", graph.constant([plain], "bool"), logarithm, made) if plain.any() else made
