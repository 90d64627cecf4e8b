"""scikit-learn's linear models: one product, and what they make of the score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .fitted import Fitted
from .graph import Graph, above, complement, flat, largest, softmax
from .tables import Table, finite


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """A linear classifier without probabilities."""
    return _classified(graph, _scores(graph, model, table), len(model.classes_))


def _classified(graph: Graph, scores: str, classes: int) -> dict[str, str]:
    if classes > 2:
        return {"predict": largest(graph, scores), "decision_function": scores}
    score = flat(graph, scores)
    return {"predict": above(graph, score), "decision_function": score}


def logistic(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    scores, classes = _scores(graph, model, table), len(model.classes_)
    scheme = getattr(model, "multi_class", "auto")
    if classes == 2 and scheme == "multinomial":
        raise ValueError("LogisticRegression: two classes as a multinomial cannot be converted")
    each = classes == 2 or scheme == "ovr" or model.solver == "liblinear"
    shares = _each_class(graph, scores, classes) if each else softmax(graph, scores)
    return {**_classified(graph, scores, classes), "predict_proba": shares}


def gradient_descent(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """SGDClassifier, whose loss decides whether there are probabilities."""
    scores, classes = _scores(graph, model, table), len(model.classes_)
    answers = _classified(graph, scores, classes)
    if model.loss in ("log_loss", "log"):
        answers["predict_proba"] = _each_class(graph, scores, classes)
    if model.loss == "modified_huber" and classes == 2:
        clipped = graph.add("Clip", scores, graph.constant(-1.0), graph.constant(1.0))
        halves = graph.add("Div", graph.add("Add", clipped, graph.constant(1.0)), graph.constant(2.0))
        answers["predict_proba"] = complement(graph, halves)
    return answers


def _each_class(graph: Graph, scores: str, classes: int) -> str:
    """Each class against the rest."""
    shares = graph.add("Sigmoid", scores)
    if classes == 2:
        return complement(graph, shares)
    total = graph.add("ReduceSum", shares, graph.constant([1], "int64"), keepdims=1)
    none = graph.add("Equal", total, graph.constant(0.0))
    shares = graph.add("Where", none, graph.constant(np.ones((1, classes))), shares)
    return graph.add("Div", shares, graph.add("Where", none, graph.constant(classes), total))


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    values = _scores(graph, model, table)
    return {"predict": values if np.ndim(model.coef_) > 1 else flat(graph, values)}


def generalised(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """Regressors with a link function: Poisson, Gamma and Tweedie."""
    values = flat(graph, _scores(graph, model, table))
    link = type(model._base_loss.link).__name__
    if link not in ("IdentityLink", "LogLink"):
        raise ValueError(f"there is no conversion of the link function {link}")
    return {"predict": graph.add("Exp", values) if link == "LogLink" else values}


def _scores(graph: Graph, model: Fitted, table: Table) -> str:
    table = finite(graph, table)
    coefficients = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
    product = graph.add("MatMul", table.tensor, graph.constant(coefficients.T))
    return graph.add("Add", product, graph.constant(np.atleast_1d(model.intercept_)))
