"""scikit-learn's support vector machines with kernels: how alike a row is to each of the vectors that decide."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .fitted import Fitted, full_name
from .graph import Graph, above, flat
from .tables import Table, finite

Floats = NDArray[np.float64]


def classifier(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    """SVC and NuSVC, whose probabilities are no function of the row: libsvm finds them step by step."""
    if len(model.classes_) > 2:
        why = "they are found by votes, which change where a last bit decides"
        raise ValueError(f"{full_name(model)}: there is no conversion of more than two classes: {why}")
    score = sums(graph, model, table)
    return {"predict": above(graph, score, op="GreaterOrEqual"), "decision_function": score}


def regressor(graph: Graph, model: Fitted, table: Table) -> Mapping[str, str]:
    return {"predict": sums(graph, model, table)}


def sums(graph: Graph, model: Fitted, table: Table) -> str:
    """What the kernel makes of a row and each vector, summed by the vectors' weights."""
    tensor, vectors = finite(graph, table).tensor, _dense(model.support_vectors_)
    weights = _dense(model.dual_coef_).T
    if model.kernel == "linear":
        made = graph.add("MatMul", tensor, graph.constant(vectors.T @ weights))
    elif model.kernel == "rbf":
        near = graph.add("Mul", squares(graph, tensor, vectors), graph.constant(-model._gamma))
        made = graph.add("MatMul", graph.add("Exp", near), graph.constant(weights))
    elif model.kernel in ("poly", "sigmoid"):
        product = graph.add("MatMul", tensor, graph.constant(vectors.T * model._gamma))
        product = graph.add("Add", product, graph.constant(model.coef0))
        degree = graph.constant(float(model.degree))
        like = graph.add("Pow", product, degree) if model.kernel == "poly" else graph.add("Tanh", product)
        made = graph.add("MatMul", like, graph.constant(weights))
    else:
        raise ValueError(f"{full_name(model)}: there is no conversion of the kernel {model.kernel}")
    return flat(graph, graph.add("Add", made, graph.constant(model.intercept_)))


def squares(graph: Graph, tensor: str, vectors: Floats) -> str:
    """The square of each row's distance from each vector; infinite where the row's own is."""
    own = graph.add("ReduceSumSquare", tensor, graph.constant([1], "int64"), keepdims=1)
    product = graph.add("MatMul", tensor, graph.constant(-2.0 * vectors.T))
    rest = graph.add("Add", product, graph.constant((vectors**2).sum(axis=1)))
    found = graph.add("Max", graph.add("Add", own, rest), graph.constant(0.0))
    return graph.add("Where", graph.add("IsInf", own), own, found)


def _dense(values: Fitted) -> Floats:
    """An array of what may be a sparse one, as all is of a model that was trained on sparse rows."""
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values, dtype=np.float64)
