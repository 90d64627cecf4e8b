"""scikit-learn's discriminant analyses: classifiers that know how the rows of each class are spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .fitted import Fitted
from .graph import Graph, complement, largest, softmax
from .linear import classifier
from .tables import Table, finite


def linear(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    answers = dict(classifier(graph, model, table))
    scores = answers["decision_function"]
    if len(model.classes_) > 2:
        return {**answers, "predict_proba": softmax(graph, scores)}
    share = graph.add("Sigmoid", graph.add("Unsqueeze", scores, graph.constant([1], "int64")))
    return {**answers, "predict_proba": complement(graph, share)}


def quadratic(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Each class is spread along directions of its own."""
    tensor, axis, away = finite(graph, table).tensor, graph.constant([1], "int64"), []
    for mean, turned, spread in zip(model.means_, model.rotations_, model.scalings_, strict=True):
        centred = graph.add("Sub", tensor, graph.constant(mean))
        along = graph.add("MatMul", centred, graph.constant(turned * spread**-0.5))
        away.append(graph.add("ReduceSumSquare", along, axis, keepdims=1))
    sizes = np.array([np.log(spread).sum() for spread in model.scalings_])
    far = graph.add("Add", graph.add("Concat", *away, axis=1), graph.constant(sizes))
    likely = graph.add("Add", graph.add("Mul", far, graph.constant(-0.5)), graph.constant(np.log(model.priors_)))
    scores = likely
    if len(model.classes_) == 2:
        first, second = (graph.add("Gather", likely, graph.constant(place, "int64"), axis=1) for place in (0, 1))
        scores = graph.add("Sub", second, first)
    return {
        "predict": largest(graph, likely),
        "predict_proba": softmax(graph, likely),
        "decision_function": scores,
    }
