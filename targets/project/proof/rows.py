"""Rows to ask a model for: made of values that are known, of values between and around them, and of odd ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random

from ..probe import VALUES

Column = tuple[str, str, bool]
"""Name, MLflow's type, and whether it may be missing."""

Row = Mapping[str, object]
"""A row's values by column, as JSON has them but for numbers that are not finite."""

NUMBERS = ("integer", "long", "float", "double")
BOUNDS: Mapping[str, tuple[int, int]] = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
KEPT_VALUES = 1000
"""How many different values of a column are drawn from."""

# past 2**24 a single float, past 2**53 a double leaves whole numbers out
ODD: Mapping[str, Sequence[object]] = {
    "boolean": (True, False),
    "integer": (*BOUNDS["integer"], 0, -1, 2**24 + 1),
    "long": (*BOUNDS["long"], 0, -1, 2**24 + 1, 2**53 + 1),
    "float": (0.0, -0.0, 1e-45, 2.0**24 + 1, 1e30, 3.4028234663852886e38, -3.4028234663852886e38),
    "double": (0.0, -0.0, 5e-324, 2.0**24 + 1, 1e30, -1e30, 1.7976931348623157e308, -1.7976931348623157e308),
    "string": ("", " ", "no such text", "NaN", "0", "a\u0000b", "\u00fc" * 300),
    "binary": ("", "AAEC/w=="),
    "datetime": ("1678-01-01T00:00:00Z", "2261-12-31T23:59:59Z", "1970-01-01T00:00:00+14:00"),
}
LENGTHS = (0, 1, 1, 2, 3, 5, 8, 20)
"""How many words a text has that is made of such."""
SPELLINGS: Sequence[Callable[[str], str]] = (
    *(str, str, str, str.upper, str.title),
    lambda word: word[::-1],
    lambda word: f"{word[:1]}\u0301{word[1:]}",
)
BETWEEN = (" ", " ", " ", "  ", ", ", "-", "\n", "'", "")
NOT_FINITE = (math.inf, -math.inf, math.nan)


@dataclass(frozen=True, slots=True)
class Pool:
    """What is known of one column: values that it has had, and for numbers the range to draw from."""

    column: Column
    values: Sequence[object]

    @property
    def range(self) -> tuple[float, float]:
        """From half the width of the known numbers below the least of them to half of it above the greatest."""
        known = [float(v) for v in self.values if isinstance(v, int | float)] or [0.0]
        low, high = min(known), max(known)
        width = (high - low) or max(1.0, abs(low))
        return low - width / 2, high + width / 2

    def drawn(self, random: Random) -> object:
        """A value that may never have been seen."""
        _, kind, optional = self.column
        if optional and None in self.values and random.random() < 0.1:
            return None
        if kind in ("float", "double"):
            return random.uniform(*self.range)
        if kind in BOUNDS:
            low, high = BOUNDS[kind]
            return min(max(round(random.uniform(*self.range)), low), high)
        return random.choice((True, False)) if kind == "boolean" else random.choice(self.values)


def pools(columns: Sequence[Column], known: Sequence[Row], learnt: Mapping[str, Sequence[object]]) -> list[Pool]:
    """What is known of each column from rows, and from the categories that the model itself has learnt."""
    found = []
    for name, kind, optional in columns:
        had = (row.get(name) for row in known)
        values = dict.fromkeys(v for v in chain(had, learnt.get(name, ())) if v is not None or optional)
        found.append(Pool((name, kind, optional), [*values][:KEPT_VALUES] or [VALUES[kind]]))
    return found


def mixed(pools: Sequence[Pool], random: Random, count: int) -> Iterator[Row]:
    """Rows of known values, each drawn by itself."""
    for _ in range(count):
        yield {pool.column[0]: random.choice(pool.values) for pool in pools}


def spread(pools: Sequence[Pool], random: Random, count: int) -> Iterator[Row]:
    """Rows of values that may never have been seen."""
    for _ in range(count):
        yield {pool.column[0]: pool.drawn(random) for pool in pools}


def worded(known: Mapping[str, Sequence[object]], rows: Sequence[Row], random: Random, count: int) -> Iterator[Row]:
    """Rows whose texts are made of words that the model knows, and of parts of other rows' texts."""
    for _ in range(count if known else 0):
        row = random.choice(rows)
        yield {**row, **{name: _text(words, str(row.get(name)), random) for name, words in known.items()}}


def _text(words: Sequence[object], other: str, random: Random) -> str:
    sources = [words, other.split() or words]
    pieces = [str(random.choice(random.choice(sources))) for _ in range(random.choice(LENGTHS))]
    return "".join(random.choice(SPELLINGS)(piece) + random.choice(BETWEEN) for piece in pieces)


def odd(columns: Sequence[Column], base: Row) -> Iterator[tuple[str, Row]]:
    """Rows as `base` with an odd value in one column or in all of a type, each with its kind."""
    for name, kind, optional in columns:
        yield from (("extreme values", {**base, name: value}) for value in ODD[kind])
        if kind in ("float", "double"):
            yield from (("not finite", {**base, name: value}) for value in NOT_FINITE)
        if optional:
            yield "missing values", {**base, name: None}
        if kind == "string" and isinstance(text := base.get(name), str):
            yield from (("unseen texts", {**base, name: value}) for value in (text.swapcase(), f"{text} "))
    missing = {name: None for name, _, optional in columns if optional}
    if missing:
        yield "missing values", {**base, **missing}
    for number in (0, 1, -1, 1e9, -1e9):
        yield "extreme values", {**base, **{name: number for name, kind, _ in columns if kind in NUMBERS}}
