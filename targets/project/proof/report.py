"""What a proof found, as values that become JSON and come back from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row and both answers to it. Numbers that are not finite are texts here, a refusal is its kind."""

    kind: str
    """Of the row, such as "hold-out"."""
    alone: bool
    """Whether it was asked by itself, not in a batch."""
    row: Mapping[str, object]
    found: object
    wanted: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a comparison of one method found."""

    method: str
    answers: int
    refused: int
    """Rows that both forms refuse."""
    ties: int
    """Labels that differ where the original's own best scores are equal within the tolerance."""
    different: int
    largest: float | None
    """Difference of two numbers; None where it is infinite."""
    first: Difference | None
    """Of those that may not be."""
    worst: Difference | None
    """Of those that may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A comparison of a compiled model with its original, and all that it depended on."""

    optimizer: str
    abs: float
    rel: float
    thresholds: tuple[float, ...]
    seed: str
    rows: Mapping[str, int]
    """How many rows were asked, by kind."""
    methods: tuple[Compared, ...]
    versions: Mapping[str, str]
    """Of Python and of the libraries, where it was made."""
    platform: str
    processor: str
    """Empty in the report of a build, which has it in a file of its own."""

    @property
    def equal(self) -> bool:
        """Whether it proves anything, and nothing against it."""
        return all(c.answers > c.refused and not c.different for c in self.methods)

    @property
    def first(self) -> Difference | None:
        """The first difference that may not be."""
        return next((compared.first for compared in self.methods if compared.first), None)


def plain(value: object) -> object:
    """The value as strict JSON has it."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case list() | tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
    return value
