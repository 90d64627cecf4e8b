"""Calibrated classifiers: each class's score is led through a curve that was learnt for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from .curves import Curve, interpolated
from .fitted import Fitted, full_name
from .graph import Graph, complement, largest, softmax
from .members import Convert, average, double, response, two
from .tables import Table


def calibrated(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    shares = average(graph, [_member(graph, model, one, table, convert) for one in model.calibrated_classifiers_])
    return {"predict": largest(graph, shares), "predict_proba": shares}


def _member(graph: Graph, model: Fitted, part: Fitted, table: Table, convert: Convert) -> str:
    inner = part.estimator
    if len(inner.classes_) != len(model.classes_):
        raise ValueError(f"{full_name(model)}: a part of it has not learnt all labels")
    method, scores = response(graph, inner, convert(graph, inner, table))
    if part.method == "temperature":
        return _tempered(graph, part, method, scores)
    curves = {"isotonic": _isotonic, "sigmoid": _sigmoid}
    shares = curves[part.method](graph, part.calibrators, scores)
    made = complement(graph, shares) if two(model) else _of_one(graph, shares, len(model.classes_))
    # what is above 1 by a rounding error is 1
    one = graph.constant(1.0)
    little = graph.add("Less", graph.add("Sub", made, one), graph.constant(1e-5))
    return graph.add("Where", little, graph.add("Min", made, one), made)


def _sigmoid(graph: Graph, calibrators: Sequence[Fitted], scores: str) -> str:
    slopes, offsets = [float(one.a_) for one in calibrators], [float(one.b_) for one in calibrators]
    tilted = graph.add("Mul", double(graph, scores), graph.constant([slopes]))
    return graph.add("Sigmoid", graph.add("Neg", graph.add("Add", tilted, graph.constant([offsets]))))


def _isotonic(graph: Graph, calibrators: Sequence[Fitted], scores: str) -> str:
    curves = [Curve(x=one.X_thresholds_, y=one.y_thresholds_) for one in calibrators]
    graph.refuse_all_but_finite(double(graph, scores))
    return double(graph, interpolated(graph, curves, scores))


def _tempered(graph: Graph, part: Fitted, method: str, scores: str) -> str:
    beside = partial(graph.add, "Concat", axis=1)
    if len(part.classes) == 2:
        first = graph.add("Neg", scores) if method == "decision_function" else _rest(graph, scores)
        scores = beside(first, scores)
    if method == "predict_proba":
        scores = graph.add("Log", graph.add("Add", scores, graph.constant(1e-12, graph.dtype(scores))))
    return softmax(graph, graph.add("Mul", double(graph, scores), graph.constant(float(part.calibrators[0].beta_))))


def _rest(graph: Graph, share: str) -> str:
    return graph.add("Sub", graph.constant(1, graph.dtype(share)), share)


def _of_one(graph: Graph, shares: str, count: int) -> str:
    """The shares divided by their sum; all the same where that is zero."""
    sums = graph.add("ReduceSum", shares, graph.constant([1], "int64"), keepdims=1)
    none = graph.add("Equal", sums, graph.constant(0.0))
    shares = graph.add("Where", none, graph.constant(np.full((1, count), 1 / count)), shares)
    return graph.add("Div", shares, graph.add("Where", none, graph.constant(1.0), sums))
