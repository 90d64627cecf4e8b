"""Rows on the edges of a model, where its answer changes from one number to the next: found by asking it."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any  # a model's library has no types: what it holds is looked at, not known

from ..learnt import parts
from .rows import BOUNDS, NUMBERS, Column, Pool, Row

Ask = Callable[[Sequence[Row]], Sequence[Hashable]]
"""What the model answers to rows, as far as it matters where that changes."""

STEPS = 64
"""Of halving, from any two numbers to two that are neighbours."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that differ in one column."""

    column: str
    kind: str
    row: Row
    low: int
    high: int
    """Numbers of the column's values in their order."""

    def at(self, place: int) -> Row:
        return {**self.row, self.column: value_at(place, self.kind)}


def jumps(ask: Ask, pools: Sequence[Pool], rows: Sequence[Row], random: Random, count: int) -> Iterator[Row]:
    """Rows just below and just above `count` places where the answer changes along one column."""
    numeric = [pool for pool in pools if pool.column[1] in NUMBERS]
    if not numeric or not rows:
        return
    pairs = [_pair(random.choice(numeric), random.choice(rows), random) for _ in range(4 * count)]
    lows, highs = ask([p.at(p.low) for p in pairs]), ask([p.at(p.high) for p in pairs])
    ends = [(p, a, b) for p, a, b in zip(pairs, lows, highs, strict=True) if a != b][:count]
    for pair in halved(ask, ends, random):
        yield from (pair.at(place) for place in (pair.low - 1, pair.low, pair.high, pair.high + 1))


def halved(ask: Ask, ends: Sequence[tuple[Pair, Hashable, Hashable]], random: Random) -> list[Pair]:
    """The pairs, brought together until they are neighbours; their answers go on to differ all the time."""
    for _ in range(STEPS):
        middles = [(pair.low + pair.high) // 2 for pair, _, _ in ends]
        answers = ask([pair.at(middle) for (pair, _, _), middle in zip(ends, middles, strict=True)])
        ends = [_half(*end, m, a, random) for end, m, a in zip(ends, middles, answers, strict=True)]
        if all(pair.high - pair.low <= 1 for pair, _, _ in ends):
            break
    return [pair for pair, _, _ in ends]


def _half(
    pair: Pair, low: Hashable, high: Hashable, middle: int, answer: Hashable, random: Random
) -> tuple[Pair, Hashable, Hashable]:
    if pair.high - pair.low <= 1:
        return pair, low, high
    # where both halves hold a change, either will do
    left = answer != low and (answer == high or random.random() < 0.5)
    if left:
        return Pair(pair.column, pair.kind, pair.row, pair.low, middle), low, answer
    return Pair(pair.column, pair.kind, pair.row, middle, pair.high), answer, high


def _pair(pool: Pool, row: Row, random: Random) -> Pair:
    name, kind, _ = pool.column
    low, high = sorted((place_of(pool.drawn(random), kind), place_of(pool.drawn(random), kind)))
    return Pair(name, kind, row, low, high)


def place_of(value: object, kind: str) -> int:
    """The number of a value among all values of its column's type, in their order."""
    if kind in BOUNDS and isinstance(value, int):
        return value
    number = float(value) if isinstance(value, int | float) else 0.0
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits if bits >= 0 else -(bits & (2**63 - 1))


def value_at(place: int, kind: str) -> int | float:
    """The value of that number."""
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        return min(max(place, low), high)
    number: float = struct.unpack("<d", struct.pack("<q", abs(place)))[0]
    return number if place >= 0 else -number


def on_thresholds(model: Any, columns: Sequence[Column], rows: Sequence[Row], random: Random) -> Iterator[Row]:
    """Rows on, just below and just above each threshold of the model's trees, where these see the columns as they are;
    also as a single float would have it.
    """
    found = sorted({pair for tree in trees(model) for pair in splits(tree, len(columns))})
    random.shuffle(found)
    for feature, threshold in found:
        name, kind, _ = columns[feature]
        if kind in NUMBERS and rows:
            row = random.choice(rows)
            yield from ({**row, name: value} for value in around(threshold, kind))


def around(threshold: float, kind: str) -> Sequence[int | float]:
    """The values beside a threshold."""
    if kind in BOUNDS:
        low, high = BOUNDS[kind]
        return [min(max(n, low), high) for n in (math.floor(threshold), math.floor(threshold) + 1)]
    single: float = struct.unpack("<f", struct.pack("<f", threshold))[0]
    return [
        near
        for exact in {threshold, single}
        for near in (exact, math.nextafter(exact, -math.inf), math.nextafter(exact, math.inf))
    ]


def trees(model: Any, depth: int = 0) -> Iterator[Any]:
    """scikit-learn's trees within a model whose first step is one, a forest or a sum of trees."""
    if depth > 8 or hasattr(model, "steps"):
        return
    if hasattr(model, "tree_"):
        yield model.tree_
    estimators = getattr(model, "estimators_", ())
    flat = estimators.ravel() if hasattr(estimators, "ravel") else estimators
    for inner in [*flat, *parts(model)]:
        yield from trees(inner, depth + 1)


def splits(tree: Any, count: int) -> Iterator[tuple[int, float]]:
    """A tree's features and thresholds; none where it sees other columns than `count`."""
    if tree.n_features == count:
        yield from ((int(f), float(t)) for f, t in zip(tree.feature, tree.threshold, strict=True) if f >= 0)
