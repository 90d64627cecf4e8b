"""Tables on their way through a graph: which tensor holds one, and what is known of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from .graph import ROWS, Graph

Known = Literal["anything", "no infinity", "finite"]

DTYPES = {"boolean": "bool", "integer": "int32", "long": "int64", "float": "float32", "double": "float64"}
OPTIONAL = {"boolean": "object", "integer": "float64", "long": "float64"}
UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The texts that a column of text may hold; a row has the position of its own, -1 for any other, NaN for none."""

    texts: list[str] = field(default_factory=list)

    def code(self, text: str) -> float:
        """The number that stands for a text, which is added where it is new."""
        if text not in self.texts:
            self.texts.append(text)
        return float(self.texts.index(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `dtype` is numpy's in the table that the original sees, as the graph itself has float64 alone."""

    name: str
    dtype: str
    vocabulary: Vocabulary | None = None
    unread: str = ""
    """The type of a column that no part of a model may look at, as a matrix of numbers has no place for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A tensor of float64 with these columns. `sparse` is what the original has at this point."""

    tensor: str
    columns: tuple[Column, ...]
    known: Known = "anything"
    sparse: bool = False

    @property
    def dtype(self) -> str:
        """What an array of the whole table has: float32 if all columns have, else float64."""
        return "float32" if {column.dtype for column in self.columns} == {"float32"} else "float64"


def rows(graph: Graph, columns: Sequence[tuple[str, str, bool]]) -> Table:
    """The model's columns, (name, MLflow's type, optional)."""
    made = tuple(_column(*column) for column in columns)
    tensor, single = ROWS, [column.dtype == "float32" for column in made]
    if all(single):
        tensor = graph.through(tensor, "float32")
    elif any(single):
        tensor = graph.add("Where", graph.constant(single, "bool"), graph.through(tensor, "float32"), tensor)
    return Table(tensor=tensor, columns=made)


def _column(name: str, kind: str, optional: bool) -> Column:
    if kind == "string":
        return Column(name=name, dtype="object", vocabulary=Vocabulary())
    if kind not in DTYPES:
        # its values are all the same to the graph, as texts are that no part of the model knows
        return Column(name=name, dtype="object", vocabulary=Vocabulary(), unread=kind)
    return Column(name=name, dtype=OPTIONAL.get(kind, DTYPES[kind]) if optional else DTYPES[kind])


def select(graph: Graph, table: Table, positions: Sequence[int]) -> Table:
    """Some of the columns, in the order of `positions`."""
    if [*positions] == [*range(len(table.columns))]:
        return table
    tensor = graph.add("Gather", table.tensor, graph.constant([*positions], "int64"), axis=1)
    return replace(table, tensor=tensor, columns=tuple(table.columns[p] for p in positions))


def beside(graph: Graph, tables: Sequence[Table], *, sparse: bool = False) -> Table:
    """Tables side by side, as one array."""
    first, *others = tables
    if not others:
        return replace(first, sparse=sparse)
    dtype = "float32" if all(table.dtype == "float32" for table in tables) else "float64"
    columns = tuple(column for table in tables for column in table.columns)
    if all(column.vocabulary is None for column in columns):
        columns = tuple(replace(column, dtype=dtype) for column in columns)
    known: Known = "finite" if all(table.known == "finite" for table in tables) else "anything"
    tensor = graph.add("Concat", *(table.tensor for table in tables), axis=1)
    return Table(tensor=tensor, columns=columns, known=known, sparse=sparse)


def numbered(count: int, dtype: str = "float64") -> tuple[Column, ...]:
    """Columns of an array, which have no names."""
    return tuple(Column(name=f"x{i}", dtype=dtype) for i in range(count))


def readable(table: Table) -> Table:
    """The table; ValueError when it has a column that cannot be looked at."""
    for column in table.columns:
        if column.unread:
            why = f"is of type {column.unread}, which has no place in a matrix of numbers"
            raise ValueError(f"the column `{column.name}` {why}")
    return table


def numeric(table: Table) -> None:
    """ValueError when a column holds text, as the original cannot take it either."""
    if texts := [column.name for column in table.columns if column.vocabulary]:
        raise ValueError(f"the column `{texts[0]}` holds text where numbers are wanted")


def finite(graph: Graph, table: Table) -> Table:
    """The table, whose rows are refused when they hold NaN or infinity."""
    if table.known == "finite":
        return table
    numeric(table)
    graph.refuse_all_but_finite(table.tensor)
    return replace(table, known="finite")


def not_infinite(graph: Graph, table: Table) -> Table:
    """The table, whose rows are refused when they hold infinity."""
    if table.known != "anything" or all(column.vocabulary for column in table.columns):
        return table
    graph.refuse(graph.add("IsInf", table.tensor))
    return replace(table, known="no infinity")


def as_float32(graph: Graph, table: Table) -> Table:
    """The table rounded to float32, as its tensor of float64."""
    numeric(table)
    if all(column.dtype in ("float32", "bool") for column in table.columns):
        return table
    tensor = graph.through(table.tensor, "float32")
    # a large float64 is infinite as a float32
    return replace(table, tensor=tensor, columns=numbered(len(table.columns), "float32"), known="anything")
