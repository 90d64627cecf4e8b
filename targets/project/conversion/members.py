"""Models within a model: what they answer, as the model around them takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .fitted import Fitted, full_name
from .graph import Graph
from .tables import Table

Convert = Callable[[Graph, Fitted, Table], Mapping[str, str]]
"""What converts a model within another one: the tensor of each method's answers."""

RESPONSES = ("decision_function", "predict_proba")


def asked(answers: Mapping[str, str], method: str, model: Fitted) -> str:
    """The tensor of a method's answers; ValueError where there is no conversion of it."""
    if method not in answers:
        raise ValueError(f"{full_name(model)}: there is no conversion of `{method}`")
    return answers[method]


def response(
    graph: Graph, model: Fitted, answers: Mapping[str, str], methods: Sequence[str] = RESPONSES
) -> tuple[str, str]:
    """Which method says how sure a classifier is, and its tensor: of two classes a single column."""
    for method in methods:
        if hasattr(model, method):
            tensor = asked(answers, method, model)
            return method, second(graph, tensor) if method == "predict_proba" and two(model) else column(graph, tensor)
    raise ValueError(f"{full_name(model)}: it has neither scores nor probabilities")


def two(model: Fitted) -> bool:
    """Whether a classifier has two classes."""
    return len(model.classes_) == 2


def second(graph: Graph, tensor: str) -> str:
    """The second column alone, as a column."""
    return graph.add("Gather", tensor, graph.constant([1], "int64"), axis=1)


def column(graph: Graph, tensor: str) -> str:
    """A vector as a single column; several columns as they are."""
    return graph.add("Reshape", tensor, graph.constant([0, -1], "int64"))


def label(graph: Graph, model: Fitted, answers: Mapping[str, str]) -> str:
    """What `predict` answers: of a classifier with whole numbers as labels the label, not its place."""
    tensor = asked(answers, "predict", model)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return tensor
    if np.asarray(classes).dtype.kind not in "iub":
        raise ValueError(f"{full_name(model)}: its labels are no whole numbers, where they are used as numbers")
    return graph.add("Gather", graph.constant(classes, "int64"), tensor)


def double(graph: Graph, tensor: str) -> str:
    """Answers as float64."""
    return tensor if graph.dtype(tensor) == "float64" else graph.cast(tensor, "float64")


def total(graph: Graph, tensors: Sequence[str]) -> str:
    """The sum, added in its order: in float32 only where all are."""
    if {graph.dtype(tensor) for tensor in tensors} != {"float32"}:
        tensors = [double(graph, tensor) for tensor in tensors]
    return tensors[0] if len(tensors) == 1 else graph.add("Sum", *tensors)


def average(graph: Graph, tensors: Sequence[str], weights: Sequence[float] | None = None) -> str:
    """numpy's average of tensors."""
    if weights is None:
        summed = total(graph, tensors)
        return graph.add("Div", summed, graph.constant(len(tensors), graph.dtype(summed)))
    weighted = [
        graph.add("Mul", double(graph, tensor), graph.constant(float(weight)))
        for tensor, weight in zip(tensors, weights, strict=True)
    ]
    return graph.add("Div", total(graph, weighted), graph.constant(float(np.sum(weights))))
