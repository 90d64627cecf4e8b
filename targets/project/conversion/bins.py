"""scikit-learn's transformers of numbers into steps: KBinsDiscretizer and Binarizer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fitted import Fitted
from .graph import Graph
from .tables import Table, finite, numbered


def binned(graph: Graph, model: Fitted, table: Table) -> Table:
    """Which of a column's bins a number lies in: how many inner edges are not above it; or a column for each bin."""
    table = finite(graph, table)
    inner = [edges[1:-1] for edges in model.bin_edges_]
    edges = np.full((len(inner), max(1, *map(len, inner))), np.inf)
    for row, known in zip(edges, inner, strict=True):
        row[: len(known)] = known
    cells = graph.add("Unsqueeze", table.tensor, graph.constant([2], "int64"))
    passed = graph.cast(graph.add("GreaterOrEqual", cells, graph.constant(edges)), "float64")
    places = graph.add("ReduceSum", passed, graph.constant([2], "int64"), keepdims=0)
    dtype = table.dtype
    if model.encode == "ordinal":
        return replace(table, tensor=places, columns=numbered(len(inner), dtype), known="finite")
    counts = [int(count) for count in model.n_bins_]
    repeated = graph.add("Gather", places, graph.constant(np.repeat(np.arange(len(counts)), counts), "int64"), axis=1)
    bins = np.concatenate([np.arange(count) for count in counts])
    flags = graph.cast(graph.add("Equal", repeated, graph.constant([bins])), "float64")
    columns = numbered(len(bins), dtype)
    return Table(tensor=flags, columns=columns, known="finite", sparse=model.encode == "onehot")


def binary(graph: Graph, model: Fitted, table: Table) -> Table:
    """1 where a number is above the threshold, else 0."""
    table = finite(graph, table)
    flags = graph.cast(graph.add("Greater", table.tensor, graph.constant(model.threshold)), "float64")
    return replace(table, tensor=flags, columns=numbered(len(table.columns), table.dtype))
