"""scikit-learn's classifiers that know how each class is spread: linear discriminants and normal distributions."""

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


def normal(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Each column has a mean and a variance of its own in each class."""
    rows = graph.add("Unsqueeze", finite(graph, table).tensor, graph.constant([1], "int64"))
    away = graph.add("Sub", rows, graph.constant(model.theta_))
    terms = graph.add("Div", graph.add("Mul", away, away), graph.constant(model.var_))
    sums = graph.add("ReduceSum", terms, graph.constant([2], "int64"), keepdims=0)
    begins = np.log(model.class_prior_) - 0.5 * np.sum(np.log(2.0 * np.pi * model.var_), axis=1)
    likely = graph.add("Sub", graph.constant([begins]), graph.add("Mul", sums, graph.constant(0.5)))
    return {"predict": largest(graph, likely), "predict_proba": softmax(graph, likely)}
