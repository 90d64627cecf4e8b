"""Curves of straight pieces: a tree finds the piece that a number lies on, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .fitted import Fitted
from .graph import Graph
from .trees import Comparison, Floats, Tree, summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points, of which `x` rises; before the first and after the last the curve is level."""

    x: Fitted
    y: Fitted

    def pieces(self, dtype: str) -> tuple[Floats, Floats, Floats, Floats]:
        """Of each piece where it starts, how high, and how steep it is; then where each but the first one starts.

        numpy has a piece of its own for the last point; scipy, which is asked about float32, has none.
        """
        x, y = np.asarray(self.x, dtype=dtype), np.asarray(self.y, dtype=dtype)
        slope = np.append(np.diff(y) / np.diff(x), np.zeros(1, dtype))
        if dtype == "float64" or len(x) == 1:
            return x, y, slope, x[1:]
        return x[:-1], y[:-1], slope[:-1], x[1:-1]


def interpolated(graph: Graph, curves: Sequence[Curve], tensor: str) -> str:
    """Each column led through its curve, as numpy's `interp` does it, or scipy's `interp1d` where it is float32."""
    single = {np.asarray(curve.x).dtype for curve in curves} == {np.dtype(np.float32)}
    dtype = "float32" if single else "float64"
    return _interpolated(graph, curves, graph.cast(tensor, dtype), dtype, "<=" if single else "<")


def _interpolated(graph: Graph, curves: Sequence[Curve], tensor: str, dtype: str, comparison: Comparison) -> str:
    lows, highs = ([curve.x[end] for curve in curves] for end in (0, -1))
    tensor = graph.add("Min", tensor, graph.constant([highs], dtype))
    tensor = graph.add("Max", tensor, graph.constant([lows], dtype))
    pieces = [curve.pieces(dtype) for curve in curves]
    firsts = np.cumsum([0, *(len(start) for start, *_ in pieces)])
    trees = [
        searching(one[3], number, int(first)) for number, (one, first) in enumerate(zip(pieces, firsts, strict=False))
    ]
    found = summed(graph, trees, tensor, targets=len(trees), comparison=comparison, dtype=dtype)
    places = graph.cast(found, "int64")
    start, height, slope = (
        graph.add("Gather", graph.constant(np.concatenate([one[i] for one in pieces]), dtype), places) for i in range(3)
    )
    return graph.add("Add", graph.add("Mul", slope, graph.add("Sub", tensor, start)), height)


def searching(splits: Floats, column: int, first: int) -> Tree:
    """A tree that gives a column's place among rising numbers, counted from `first`; it is the column's target too."""
    feature, threshold, left, right, value = list[int](), list[float](), list[int](), list[int](), list[float]()

    def grown(low: int, high: int) -> int:
        node, middle = len(feature), (low + high) // 2
        feature.append(column)
        threshold.append(float(splits[middle]) if low < high else 0.0)
        value.append(float(first + low))
        left.append(-1)
        right.append(-1)
        if low < high:
            left[node], right[node] = grown(low, middle), grown(middle + 1, high)
        return node

    grown(0, len(splits))
    return Tree(
        feature=np.array(feature),
        threshold=np.array(threshold),
        left=np.array(left),
        right=np.array(right),
        nan_left=np.zeros(len(feature), bool),
        value=np.array(value),
        target=column,
    )
