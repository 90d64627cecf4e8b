"""scikit-learn's naive Bayes: each column says by itself how likely a class is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .fitted import Fitted
from .graph import Graph, largest, softmax
from .tables import Table, finite


def normal(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Each column has a mean and a variance of its own in each class."""
    rows = graph.add("Unsqueeze", finite(graph, table).tensor, graph.constant([1], "int64"))
    away = graph.add("Sub", rows, graph.constant(model.theta_))
    terms = graph.add("Div", graph.add("Mul", away, away), graph.constant(model.var_))
    sums = graph.add("ReduceSum", terms, graph.constant([2], "int64"), keepdims=0)
    begins = np.log(model.class_prior_) - 0.5 * np.sum(np.log(2.0 * np.pi * model.var_), axis=1)
    return _answers(graph, graph.add("Sub", graph.constant([begins]), graph.add("Mul", sums, graph.constant(0.5))))


def counted(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Columns that count."""
    return _summed(graph, finite(graph, table).tensor, model.feature_log_prob_, model.class_log_prior_)


def complementary(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Columns that count, as they do outside of each class."""
    alone = len(model.classes_) == 1
    begins = model.class_log_prior_ if alone else np.zeros(len(model.classes_))
    return _summed(graph, finite(graph, table).tensor, model.feature_log_prob_, begins)


def binary(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Columns that say yes, above a limit, or no."""
    tensor = finite(graph, table).tensor
    if model.binarize is not None:
        tensor = graph.cast(graph.add("Greater", tensor, graph.constant(model.binarize)), "float64")
    no = np.log(1 - np.exp(model.feature_log_prob_))
    begins = model.class_log_prior_ + no.sum(axis=1)
    return _summed(graph, tensor, model.feature_log_prob_ - no, begins)


def _summed(graph: Graph, tensor: str, weights: Fitted, begins: ArrayLike) -> dict[str, str]:
    product = graph.add("MatMul", tensor, graph.constant(weights.T))
    return _answers(graph, graph.add("Add", product, graph.constant(begins)))


def _answers(graph: Graph, likely: str) -> dict[str, str]:
    return {"predict": largest(graph, likely), "predict_proba": softmax(graph, likely)}
