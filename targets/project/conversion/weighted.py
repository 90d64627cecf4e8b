"""scikit-learn's AdaBoost: labels that are voted for, and the weighted median of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .ensembles import as_array
from .fitted import Fitted
from .forests import seen_by, sklearn_tree
from .graph import Graph, above, flat, largest, softmax
from .members import Convert, asked, column, double, total, two
from .tables import Table, finite
from .trees import Floats, summed


def classifier(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    if getattr(model, "algorithm", "SAMME") not in ("SAMME", "deprecated"):
        raise ValueError("AdaBoostClassifier: there is no conversion of SAMME.R")
    table = finite(graph, as_array(table))
    votes = graph.add("Div", _votes(graph, model, table, convert), graph.constant(model.estimator_weights_.sum()))
    if not two(model):
        shares = softmax(graph, graph.add("Div", votes, graph.constant(len(model.classes_) - 1.0)))
        return {"predict": largest(graph, votes), "predict_proba": shares, "decision_function": votes}
    signed = graph.add("Mul", votes, graph.constant([[-1.0, 1.0]]))
    score = graph.add("ReduceSum", signed, graph.constant([1], "int64"), keepdims=1)
    both = graph.add("Concat", graph.add("Neg", score), score, axis=1)
    shares = softmax(graph, graph.add("Div", both, graph.constant(2.0)))
    flat_score = flat(graph, score)
    return {"predict": above(graph, flat_score), "predict_proba": shares, "decision_function": flat_score}


def _votes(graph: Graph, model: Fitted, table: Table, convert: Convert) -> str:
    """Each member's weight for its label, and a share of it against the other ones."""
    members = [*zip(model.estimators_, model.estimator_weights_, strict=False)]
    given = [_given(model, one, float(weight)) for one, weight in members]
    if all(hasattr(one, "tree_") for one, _ in members):
        trees = [
            sklearn_tree(one.tree_, flags[one.tree_.value[:, 0, : one.n_classes_].argmax(axis=1)])
            for (one, _), flags in zip(members, given, strict=True)
        ]
        return summed(graph, trees, seen_by(graph, members[0][0], table), targets=len(model.classes_))
    said = [asked(convert(graph, one, table), "predict", one) for one, _ in members]
    return total(graph, [graph.add("Gather", graph.constant(g), s) for g, s in zip(given, said, strict=True)])


def _given(model: Fitted, member: Fitted, weight: float) -> Floats:
    """What a member gives to each label, a row for each place of a label of its own."""
    own = np.asarray(member.classes_)[:, np.newaxis] == np.asarray(model.classes_)
    given: Floats = np.where(own, weight, -1 / (len(model.classes_) - 1) * weight)
    return given


def regressor(graph: Graph, model: Fitted, table: Table, convert: Convert) -> Mapping[str, str]:
    """The least number at which the members that say no more have half of the weight."""
    table, members = finite(graph, as_array(table)), model.estimators_
    said = [column(graph, double(graph, asked(convert(graph, one, table), "predict", one))) for one in members]
    numbers, order = graph.ranked(graph.add("Concat", *said, axis=1), len(members))
    weights = graph.add("Gather", graph.constant(model.estimator_weights_[: len(members)]), order)
    sums = graph.add("CumSum", weights, graph.constant(1, "int64"))
    whole = graph.add("Gather", sums, graph.constant([len(members) - 1], "int64"), axis=1)
    half = graph.add("Mul", whole, graph.constant(0.5))
    reached = graph.cast(graph.add("GreaterOrEqual", sums, half), "int64")
    place = graph.add("ArgMax", reached, axis=1, keepdims=1)
    return {"predict": flat(graph, graph.add("GatherElements", numbers, place, axis=1))}
