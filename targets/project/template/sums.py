"""What a linear model's table is made of: which numbers the columns of a row put where."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import inf, isfinite, nan
from operator import add, itemgetter, mul, sub, truediv
from struct import Struct
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Given = str | int | float | bool | None
Cell = tuple[int, float]
"""A number, and the column of the table where it stands."""
Floats = NDArray[np.float64]


class Step(msgspec.Struct, frozen=True):
    """One step on columns of numbers, with a value for each of them; `change_of` knows its name."""

    name: str
    values: list[float]
    dtype: str
    """Of what comes of it."""


class Numbers(msgspec.Struct, frozen=True, tag="numbers"):
    """Columns of a row that stay numbers, side by side in the table from `start` on."""

    start: int
    columns: list[int]
    optional: bool
    """Whether a row may lack some of them."""
    dtype: str
    steps: list[Step]


class Choice(msgspec.Struct, frozen=True, tag="choice"):
    """A column of a row whose value says which number stands where in the table: an encoder's categories."""

    column: int
    known: list[Given]
    """None is what is missing."""
    cells: list[Cell | None]
    """What each of them stands for."""
    other: Cell | None
    """What all other values stand for."""
    refuses: bool
    """Whether other values are refused."""


class Bins(msgspec.Struct, frozen=True, tag="bins"):
    """A column of numbers, of which each range stands for one number in the table; a range has its lower edge."""

    column: int
    edges: list[float]
    cells: list[Cell | None]
    missing: Cell | None
    refuses: bool
    """Whether what is missing is refused."""


class Columns:
    """Columns of numbers on their way into the table."""

    def __init__(self, part: Numbers, order: Literal["F", "C"]) -> None:
        first, count = part.columns[0], len(part.columns)
        adjacent = part.columns == [*range(first, first + count)]
        self._take = itemgetter(slice(first, first + count)) if adjacent else itemgetter(*part.columns)
        self._optional, self._dtype, self._order = part.optional, np.dtype(part.dtype), order
        self._rounds = part.dtype == "float32"
        self._pack = Struct(f"{count}d").pack
        self._steps = [(change_of(step.name), np.array(step.values), step.dtype == "float32") for step in part.steps]
        self.place = slice(part.start, part.start + count)

    def one(self, row: tuple[Given, ...]) -> Floats:
        """The numbers of one row."""
        values = self._take(row)
        if self._optional:
            values = [nan if value is None else value for value in values]
        x: Floats = np.frombuffer(self._pack(*values))
        return self._changed(x.astype(np.float32) if self._rounds else x)

    def all(self, rows: Sequence[tuple[Given, ...]]) -> Floats:
        """The numbers of rows, each of which has its own here too."""
        values = [self._take(row) for row in rows]
        if self._order == "C" or len(rows) == 1:
            return self._changed(np.array(values, self._dtype))
        return self._changed(np.array([*zip(*values, strict=True)], self._dtype).T)

    def _changed(self, x: Floats) -> Floats:
        for change, values, rounds in self._steps:
            x = change(x, values)
            if rounds:
                x = x.astype(np.float32)
        return x


Choose = Callable[[Given], Cell | None]


def chooser(part: Choice | Bins) -> Choose:
    """What a value stands for; ValueError where it is refused."""
    if isinstance(part, Bins):
        return lambda value: in_bins(part, value)
    cells = dict(zip(part.known, part.cells, strict=True))

    def choose(value: Given) -> Cell | None:
        if value != value:
            value = None
        if value in cells:
            return cells[value]
        if part.refuses or value in (inf, -inf):
            raise ValueError("a value is an unknown category, or infinite")
        return part.other

    return choose


def in_bins(part: Bins, value: Given) -> Cell | None:
    if value is None or value != value:
        if part.refuses:
            raise ValueError("a value is missing")
        return part.missing
    if isinstance(value, str) or not isfinite(value):
        raise ValueError("a value is infinite")
    return part.cells[bisect_right(part.edges, value)]


def filled(x: Floats, values: Floats) -> Floats:
    """What is no number is filled in."""
    made: Floats = np.where(np.isnan(x), values, x)
    return made


def taken(x: Floats, values: Floats) -> Floats:
    """ValueError for what is infinite, which would come out of the next step as any other number."""
    if np.isinf(x).any():
        raise ValueError("the model does not take what is infinite")
    return x


def change_of(name: str) -> Callable[[Floats, Floats], Floats]:
    """What a step of that name does."""
    match name:
        case "subtract":
            return sub
        case "divide":
            return truediv
        case "multiply":
            return mul
        case "add":
            return add
        case "at least":
            return np.maximum
        case "at most":
            return np.minimum
        case "fill":
            return filled
    return taken


def refuse(x: Floats) -> None:
    """ValueError for what is infinite or not a number."""
    if not np.isfinite(x).all():
        raise ValueError("the model does not take what is infinite or not a number")
