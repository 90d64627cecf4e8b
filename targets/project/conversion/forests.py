"""scikit-learn's trees and forests: rows rounded to float32, thresholds and sums in float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .fitted import Fitted, takes_nan
from .graph import Graph, flat, largest
from .tables import Table, as_float32, finite, not_infinite
from .trees import Floats, Tree, summed


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    if model.n_outputs_ != 1:
        raise ValueError("the model gives several labels at once")
    trees = [sklearn_tree(one.tree_, _shares(one)) for one in _members(model)]
    return _classified(graph, model, trees, table)


def bagged_classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Bagging of trees, each of which sees some of the columns."""
    trees = [sklearn_tree(one.tree_, _shares(one)) for one in model.estimators_]
    return _classified(graph, model, columns_of(model, trees), table)


def _classified(graph: Graph, model: Fitted, trees: Sequence[Tree], table: Table) -> dict[str, str]:
    sums = summed(graph, trees, _seen(graph, model, table), targets=int(model.n_classes_))
    shares = _mean(graph, model, sums)
    return {"predict": largest(graph, shares), "predict_proba": shares}


def bagged_regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    trees = [sklearn_tree(one.tree_, one.tree_.value[:, 0, 0]) for one in model.estimators_]
    sums = summed(graph, columns_of(model, trees), _seen(graph, model, table), targets=1)
    return {"predict": flat(graph, _mean(graph, model, sums))}


def columns_of(model: Fitted, trees: Sequence[Tree]) -> list[Tree]:
    """The trees with the places that their columns have in the whole table; a leaf's is -2."""
    chosen = zip(trees, model.estimators_features_, strict=True)
    return [replace(tree, feature=np.asarray(places)[np.maximum(tree.feature, 0)]) for tree, places in chosen]


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    several = model.n_outputs_ > 1
    trees = [sklearn_tree(t, t.value[:, :, 0] if several else t.value[:, 0, 0]) for t in _trees(model)]
    mean = _mean(graph, model, summed(graph, trees, _seen(graph, model, table), targets=model.n_outputs_))
    return {"predict": mean if several else flat(graph, mean)}


def _members(model: Fitted) -> list[Fitted]:
    return [*getattr(model, "estimators_", [model])]


def _trees(model: Fitted) -> list[Fitted]:
    return [one.tree_ for one in _members(model)]


def _seen(graph: Graph, model: Fitted, table: Table) -> str:
    return seen_by(graph, _members(model)[0], table)


def seen_by(graph: Graph, tree: Fitted, table: Table) -> str:
    """The rows as a tree sees them; NaN is refused by one that cannot tell where it goes."""
    table = as_float32(graph, table)
    return (not_infinite if takes_nan(tree) and not table.sparse else finite)(graph, table).tensor


def _mean(graph: Graph, model: Fitted, sums: str) -> str:
    return graph.add("Div", sums, graph.constant(len(model.estimators_))) if hasattr(model, "estimators_") else sums


def _shares(member: Fitted) -> Floats:
    """What a leaf says of each class; scikit-learn before 1.3 keeps counts, and divides when it is asked."""
    values: Floats = np.asarray(member.tree_.value[:, 0, : member.n_classes_], dtype=np.float64)
    sums = values.sum(axis=1, keepdims=True)
    sums[sums == 0] = 1
    shares: Floats = values if np.allclose(sums, 1) else values / sums
    return shares


def sklearn_tree(tree: Fitted, value: Floats, target: int = 0) -> Tree:
    """A tree of scikit-learn's with what its nodes give."""
    nodes = tree.__getstate__()["nodes"]
    missing = "missing_go_to_left" in nodes.dtype.names
    return Tree(
        feature=nodes["feature"].astype(np.int64),
        threshold=nodes["threshold"].astype(np.float64),
        left=nodes["left_child"].astype(np.int64),
        right=nodes["right_child"].astype(np.int64),
        nan_left=nodes["missing_go_to_left"].astype(bool) if missing else np.zeros(len(nodes), bool),
        value=np.asarray(value, dtype=np.float64),
        target=target,
    )
