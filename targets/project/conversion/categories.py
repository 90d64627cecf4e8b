"""Splits by category: each set of categories that trees ask for becomes a column, and a split looks at that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .encoding import codes_of
from .fitted import Fitted
from .graph import Graph
from .tables import Column, Table, numbered
from .trees import Floats

HALF = 0.5
"""The threshold of a split that looks at such a column, which is 0 where the row goes left and else 1."""

Booleans = NDArray[np.bool_]


class Sets:
    """The sets that trees ask for, beside a table of `width` columns."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._found: dict[tuple[int, bytes], tuple[int, Booleans]] = {}

    def feature(self, column: int, left: Booleans) -> int:
        """The place of the column that stands for a set: `left` tells of each category whether it goes left, then of
        what is missing, and at last of all other numbers.
        """
        key = (column, left.tobytes())
        if key not in self._found:
            self._found[key] = (self._width + len(self._found), left)
        return self._found[key][0]

    def beside(self, graph: Graph, tensor: str, *, least: float) -> str:
        """The tensor with these columns behind it; numbers above `least` are categories, cut off to whole ones."""
        dtype, made, order = graph.dtype(tensor), [tensor], list[int]()
        for column in sorted({column for column, _ in self._found}):
            sets = [one for (of, _), one in self._found.items() if of == column]
            count = max(len(left) for _, left in sets) - 2
            right = np.stack([~_widened(left, count) for _, left in sets], axis=1)
            made.append(graph.add("Gather", graph.constant(right, dtype), _places(graph, tensor, column, count, least)))
            order += [place for place, _ in sets]
        if not order:
            return tensor
        whole = graph.add("Concat", *made, axis=1)
        places = [*range(self._width), *(self._width + int(i) for i in np.argsort(order))]
        return graph.add("Gather", whole, graph.constant(places, "int64"), axis=1)


def bits(words: Fitted) -> list[bool]:
    """The bits of whole numbers of 32, the least one first."""
    found: list[bool] = np.unpackbits(np.asarray(words, "<u4").view(np.uint8), bitorder="little").astype(bool).tolist()
    return found


def _widened(left: Booleans, count: int) -> Booleans:
    """With the categories up to `count`, of which the set knows no more than of other numbers."""
    *known, missing, other = left.tolist()
    return np.array([*known, *[other] * (count - len(known)), missing, other])


def _places(graph: Graph, tensor: str, column: int, count: int, least: float) -> str:
    """Of each row which row of a set's table is its own."""
    dtype = graph.dtype(tensor)
    values = graph.add("Gather", tensor, graph.constant(column, "int64"), axis=1)
    known = graph.add(
        "And",
        graph.add("Greater", values, graph.constant(least, dtype)),
        graph.add("Less", values, graph.constant(count, dtype)),
    )
    none = graph.add(
        "Where", graph.add("IsNaN", values), graph.constant(count, dtype), graph.constant(count + 1, dtype)
    )
    return graph.cast(graph.add("Where", known, values, none), "int64")


def coded(graph: Graph, table: Table, labels: Mapping[int, Sequence[object]]) -> Table:
    """The table with the number of each row's label in these columns, NaN for one that is none of them."""
    if not labels:
        return table
    width = len(table.columns)
    made = [_coded(graph, table, place, codes_of(table.columns[place], known)) for place, known in labels.items()]
    order = [width + [*labels].index(place) if place in labels else place for place in range(width)]
    whole = graph.add("Concat", table.tensor, *made, axis=1)
    tensor = graph.add("Gather", whole, graph.constant(order, "int64"), axis=1)
    number: Column = numbered(1)[0]
    columns = tuple(number if place in labels else column for place, column in enumerate(table.columns))
    return replace(table, tensor=tensor, columns=columns)


def _coded(graph: Graph, table: Table, place: int, codes: Floats) -> str:
    values = graph.add("Gather", table.tensor, graph.constant([place], "int64"), axis=1)
    nothing = graph.constant(np.nan)
    if codes.tolist() == [*range(len(codes))] and table.columns[place].vocabulary:
        return graph.add("Where", graph.add("Less", values, graph.constant(0.0)), nothing, values)
    flags = graph.cast(graph.add("Equal", values, graph.constant([codes])), "float64")
    found = graph.add(
        "Greater", graph.add("MatMul", flags, graph.constant(np.ones((len(codes), 1)))), graph.constant(HALF)
    )
    numbers = graph.constant(np.arange(len(codes), dtype=np.float64)[:, np.newaxis])
    return graph.add("Where", found, graph.add("MatMul", flags, numbers), nothing)
