"""scikit-learn's encoders of categories: one number for each, or a column for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .fitted import Fitted
from .graph import Graph
from .tables import Column, Table, not_infinite, numbered, select
from .trees import Floats

MISSING = -2.0
"""What stands for NaN, which equals nothing; no text has this number."""
MISSING_NUMBER = -8.123456789e307
"""The same in columns of numbers: one that no table has."""


def one_hot(graph: Graph, model: Fitted, table: Table) -> Table:
    """A column for each category, but the dropped ones: 1 where the row has it."""
    matches = _Matches(graph, model, table)
    if model.handle_unknown == "error":
        matches.refuse_unknown()
    sparse = bool(getattr(model, "sparse_output", getattr(model, "sparse", False)))
    if any(one is not None for one in _grouped(model)):
        return replace(_one_hot_grouped(graph, model, matches), sparse=sparse)
    counts = [len(categories) for categories in model.categories_]
    starts = np.cumsum([0, *counts])
    dropped = model.drop_idx_ if model.drop_idx_ is not None else [None] * len(counts)
    gone = {int(start + d) for start, d in zip(starts, dropped, strict=False) if d is not None}
    whole = Table(tensor=matches.flags, columns=numbered(int(starts[-1])), known="finite")
    made = select(graph, whole, [i for i in range(int(starts[-1])) if i not in gone])
    return replace(made, sparse=sparse)


def _grouped(model: Fitted) -> Sequence[Fitted]:
    """For each column the new number of each category, where rare ones share one; None where none are rare."""
    none = [None] * len(model.categories_)
    return model._default_to_infrequent_mappings if getattr(model, "_infrequent_enabled", False) else none


def _one_hot_grouped(graph: Graph, model: Fitted, matches: _Matches) -> Table:
    """A column for each category or group of rare ones, which may also stand for what is unknown."""
    groups = [
        np.arange(len(categories)) if mapping is None else np.asarray(mapping)
        for categories, mapping in zip(model.categories_, _grouped(model), strict=True)
    ]
    widths = [int(group.max()) + 1 for group in groups]
    starts = np.cumsum([0, *widths])
    lead = np.zeros((sum(map(len, groups)), int(starts[-1])))
    lead[np.arange(len(lead)), np.concatenate([g + s for g, s in zip(groups, starts, strict=False)])] = 1.0
    unknown = np.zeros((len(groups), int(starts[-1])))
    if model.handle_unknown in ("infrequent_if_exist", "warn"):
        rare = [i for i, mapping in enumerate(_grouped(model)) if mapping is not None]
        unknown[rare, [int(starts[i + 1]) - 1 for i in rare]] = 1.0
    # each row begins as if all its values were unknown, which those that are known take back
    lead -= np.repeat(unknown, [len(group) for group in groups], axis=0)
    product = graph.add("MatMul", matches.flags, graph.constant(lead))
    made = graph.add("Add", product, graph.constant([unknown.sum(axis=0)]))
    whole = Table(tensor=made, columns=numbered(int(starts[-1])), known="finite")
    dropped = [None] * len(groups) if model.drop_idx_ is None else model._drop_idx_after_grouping
    gone = {int(start + d) for start, d in zip(starts, dropped, strict=False) if d is not None}
    return select(graph, whole, [i for i in range(int(starts[-1])) if i not in gone])


def ordinal(graph: Graph, model: Fitted, table: Table) -> Table:
    """The number of each row's category."""
    numbers = [
        np.arange(len(categories), dtype=np.float64) if mapping is None else _numbers(mapping, len(categories))
        for categories, mapping in zip(model.categories_, _grouped(model), strict=True)
    ]
    missing = float(getattr(model, "encoded_missing_value", np.nan))
    if model.handle_unknown == "error":
        matches = _Matches(graph, model, table)
        matches.refuse_unknown()
        return matches.looked_up(numbers, missing, 0.0)
    return _Matches(graph, model, table).looked_up(numbers, missing, float(model.unknown_value))


def target(graph: Graph, model: Fitted, table: Table) -> Table:
    """What the target was on average where a category was; of several classes a number for each."""
    matches, means, count = _Matches(graph, model, table), np.atleast_1d(model.target_mean_), len(table.columns)
    each = []
    for number, mean in enumerate(means.tolist()):
        encodings = model.encodings_[number :: len(means)]
        # what is missing is the last category, where it is one
        each.append(matches.looked_up(encodings, np.array([[one[-1] for one in encodings]]), mean))
    if len(each) == 1:
        return each[0]
    whole = graph.add("Concat", *(one.tensor for one in each), axis=1)
    places = [count * number + column for column in range(count) for number in range(len(each))]
    made = Table(tensor=whole, columns=numbered(count * len(each)))
    return select(graph, made, places)


def _numbers(mapping: Fitted, count: int) -> Floats:
    """The new numbers of categories; what is missing, the last one, has none among them."""
    return np.concatenate([np.asarray(mapping, dtype=np.float64), np.zeros(count - len(mapping))])


class _Matches:
    """Which categories the rows have: `flags` has a column for each category of each column, 1 where a row has it."""

    def __init__(self, graph: Graph, model: Fitted, table: Table) -> None:
        self._graph = graph
        if any(column.vocabulary is None for column in table.columns):
            table = not_infinite(graph, table)
        codes = [
            codes_of(column, values.tolist()) for column, values in zip(table.columns, model.categories_, strict=True)
        ]
        self._counts = [len(one) for one in codes]
        self._missing = [_missing(column) for column in table.columns]
        self._codes = np.concatenate(codes)
        self._none = self.tensor = table.tensor
        if np.isin(self._codes, (MISSING, MISSING_NUMBER)).any():
            self._none = graph.add("IsNaN", table.tensor)
            self.tensor = graph.add("Where", self._none, graph.constant([self._missing]), table.tensor)
        places = np.repeat(np.arange(len(codes)), self._counts)
        spread = graph.add("Gather", self.tensor, graph.constant(places, "int64"), axis=1)
        self.flags = graph.cast(graph.add("Equal", spread, graph.constant([self._codes])), "float64")

    def refuse_unknown(self) -> None:
        """Each row has to have a category in each column."""
        found = self._graph.add("ReduceSum", self.flags, self._graph.constant([1], "int64"), keepdims=0)
        self._graph.refuse(self._graph.add("Less", found, self._graph.constant(len(self._counts))))

    def looked_up(self, numbers: Sequence[Floats], missing: float | Floats, unknown: float) -> Table:
        """The number of each row's category in each column; `missing` is that of what is missing, where it has one."""
        graph, values = self._graph, np.concatenate(numbers)
        nones = np.isin(self._codes, (MISSING, MISSING_NUMBER))
        # zero times NaN would be NaN: what is missing is put in afterwards
        tensor = graph.add("MatMul", self.flags, graph.constant(self._blocks(np.where(nones, 0.0, values))))
        found = graph.add("MatMul", self.flags, graph.constant(self._blocks(np.ones(len(values)))))
        known = graph.add("Greater", found, graph.constant(0.0))
        tensor = graph.add("Where", known, tensor, graph.constant(unknown))
        if nones.any():
            both = graph.add("And", self._none, known)
            tensor = graph.add("Where", both, graph.constant(missing), tensor)
        return Table(tensor=tensor, columns=numbered(len(self._counts)))

    def _blocks(self, values: Floats) -> Floats:
        """A matrix that leads each column's categories into one column."""
        blocks = np.zeros((len(values), len(self._counts)))
        blocks[np.arange(len(values)), np.repeat(np.arange(len(self._counts)), self._counts)] = values
        return blocks


def codes_of(column: Column, categories: Sequence[object]) -> Floats:
    """What the table's tensor holds for each category of a column."""
    return np.array([_code(column, category) for category in categories], dtype=np.float64)


def _code(column: Column, category: object) -> float:
    if isinstance(category, float) and np.isnan(category):
        return _missing(column)
    if column.vocabulary is not None:
        # None is a category of its own, which a row never has: what is missing is NaN there
        return column.vocabulary.code(category) if isinstance(category, str) else np.inf
    if not isinstance(category, bool | int | float):
        raise ValueError(f"the column `{column.name}` has the category {category!r}, which is no number")
    return float(category)


def _missing(column: Column) -> float:
    return MISSING_NUMBER if column.vocabulary is None else MISSING
