"""scikit-learn's models of what is usual: 1 for a row that is, -1 for one that is not."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

import numpy as np

from .fitted import Fitted, full_name
from .forests import columns_of, sklearn_tree
from .graph import Graph, flat
from .tables import Table, as_float32
from .trees import Floats, summed
from .vectors import sums


def isolated(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """IsolationForest: how deep a row lies in its trees. Rows that are infinite or not numbers are taken too."""
    each = [*zip(model.estimators_, model._decision_path_lengths, model._average_path_length_per_tree, strict=True)]
    trees = [sklearn_tree(one.tree_, steps + rest - 1.0) for one, steps, rest in each]
    whole = len(trees) * usual_depth(model._max_samples)
    if not whole:
        raise ValueError(f"{full_name(model)}: there is no conversion of one that has seen a single row")
    depths = flat(graph, summed(graph, columns_of(model, trees), as_float32(graph, table).tensor, targets=1))
    shares = graph.add("Neg", graph.add("Div", depths, graph.constant(whole)))
    scores = graph.add("Neg", graph.add("Pow", graph.constant(2.0), shares))
    return {
        "predict": _signs(
            graph, graph.add("GreaterOrEqual", depths, graph.constant(least_depth(whole, model.offset_)))
        ),
        "decision_function": graph.add("Sub", scores, graph.constant(model.offset_)),
    }


def of_one_class(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """OneClassSVM: on which side of its boundary a row lies."""
    scores = sums(graph, model, table)
    return {
        "predict": _signs(graph, graph.add("Greater", scores, graph.constant(0.0))),
        "decision_function": scores,
    }


def _signs(graph: Graph, usual: str) -> str:
    return graph.add("Where", usual, graph.constant(1, "int64"), graph.constant(-1, "int64"))


def usual_depth(rows: int) -> float:
    """Of a search in a tree of so many rows that finds nothing (Liu, Ting and Zhou: Isolation Forest, 2008)."""
    if rows <= 2:
        return float(rows == 2)
    return float(2.0 * (np.log(rows - 1.0) + np.euler_gamma) - 2.0 * (rows - 1.0) / rows)


def least_depth(whole: float, offset: float) -> float:
    """From which depth on a row is usual: found by asking as scikit-learn does, to the last bit."""

    def usual(depth: float) -> bool:
        score: Floats = -(2 ** -(np.array([depth]) / whole))
        return not bool((score - offset)[0] < 0)

    low, high = 0.0, 1024.0 * whole
    if usual(low) or not usual(high):
        return low if usual(low) else inf
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if usual(middle) else (middle, high)
    return high
