"""What is found of one method while its answers are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .comparing import Answer, Outcome, Refusal
from .report import Compared, Difference, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row, and what both forms answered to it."""

    kind: str
    alone: bool
    row: Mapping[str, object]
    found: Answer
    wanted: Answer

    def difference(self) -> Difference:
        return Difference(
            kind=self.kind,
            alone=self.alone,
            row={name: plain(value) for name, value in self.row.items()},
            found=_told(self.found),
            wanted=_told(self.wanted),
        )


@dataclass(slots=True)
class Tally:
    """Counts of one method."""

    method: str
    answers: int = 0
    refused: int = 0
    ties: int = 0
    different: int = 0
    largest: float = 0.0
    allowed: float = 0.0
    """The largest distance of those that may be."""
    first: Case | None = None
    worst: Case | None = None

    def add(self, outcome: Outcome, case: Case) -> None:
        self.answers += 1
        self.refused += isinstance(case.wanted, Refusal) and isinstance(case.found, Refusal)
        self.ties += outcome.verdict == "tie"
        self.largest = max(self.largest, outcome.distance)
        if outcome.verdict == "different":
            self.different += 1
            self.first = self.first or case
        elif outcome.distance > self.allowed:
            self.worst, self.allowed = case, outcome.distance

    def compared(self) -> Compared:
        return Compared(
            method=self.method,
            answers=self.answers,
            refused=self.refused,
            ties=self.ties,
            different=self.different,
            largest=None if math.isinf(self.largest) else self.largest,
            first=self.first.difference() if self.first else None,
            worst=self.worst.difference() if self.worst else None,
        )


def _told(answer: Answer) -> object:
    return answer.kind if isinstance(answer, Refusal) else plain(answer)
