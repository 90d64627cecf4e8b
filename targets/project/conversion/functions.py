"""Functions of numpy's that stand in a model under their names, as nodes of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from .fitted import Fitted
from .graph import Graph

OPERATORS: Mapping[str, str] = {
    "absolute": "Abs",
    "cos": "Cos",
    "exp": "Exp",
    "log": "Log",
    "negative": "Neg",
    "reciprocal": "Reciprocal",
    "sin": "Sin",
    "sqrt": "Sqrt",
    "tanh": "Tanh",
}


def applied(graph: Graph, function: Fitted, tensor: str) -> str:
    """What a function makes of each number; ValueError for one that is not known."""
    name = getattr(function, "__name__", type(function).__name__)
    if type(function).__name__ != "ufunc" or name not in (known := _known(graph)):
        raise ValueError(f"there is no conversion of the function {name}")
    return known[name](tensor)


def _known(graph: Graph) -> Mapping[str, Callable[[str], str]]:
    plain = {name: partial(graph.add, operator) for name, operator in OPERATORS.items()}
    own = {"expm1": expm1, "log10": _log10, "log1p": log1p, "log2": _log2, "square": _square}
    return plain | {name: partial(made, graph) for name, made in own.items()}


def _square(graph: Graph, x: str) -> str:
    return graph.add("Mul", x, x)


def _log2(graph: Graph, x: str) -> str:
    return graph.add("Div", graph.add("Log", x), graph.constant(0.6931471805599453))


def _log10(graph: Graph, x: str) -> str:
    return graph.add("Div", graph.add("Log", x), graph.constant(2.302585092994046))


def log1p(graph: Graph, x: str) -> str:
    """By what rounding has made of 1 + x, so that it is exact also next to zero."""
    one = graph.constant(1.0)
    whole = graph.add("Add", x, one)
    rounded = graph.add("Sub", whole, one)
    found = graph.add("Mul", graph.add("Log", whole), graph.add("Div", x, rounded))
    same = graph.add("Equal", rounded, graph.constant(0.0))
    plain = graph.add("Or", graph.add("IsInf", x), graph.add("Equal", rounded, x))
    return graph.add("Where", same, x, graph.add("Where", plain, graph.add("Log", whole), found))


def expm1(graph: Graph, x: str) -> str:
    """By the logarithm of what rounding has made of the power, so that it is exact also next to zero."""
    power = graph.add("Exp", x)
    plain = graph.add("Sub", power, graph.constant(1.0))
    near = graph.add("Mul", plain, graph.add("Div", x, graph.add("Log", power)))
    same = graph.add("Equal", plain, graph.constant(0.0))
    small = graph.add("Less", graph.add("Abs", x), graph.constant(0.5))
    return graph.add("Where", same, x, graph.add("Where", small, near, plain))
