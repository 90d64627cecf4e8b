"""Forms of small models that need no library: what each answers can be read off its code."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deployc.targets.project.proof.asking import Form
from deployc.targets.project.proof.comparing import Limits
from deployc.targets.project.proof.proving import Subject
from msgspec import Struct


class Taken(Struct, forbid_unknown_fields=True):
    """Two columns, of which the second may be missing."""

    a: float
    b: int | None = None


@dataclass(frozen=True, slots=True)
class Stump:
    """One threshold: up to it the answer is "no", above it "yes"; it refuses what is not finite."""

    threshold: float
    labels: tuple[str, str] = ("no", "yes")
    scale: float = 1.0
    column: Callable[[Taken], float] = lambda row: row.a

    def predict(self, rows: Sequence[Taken]) -> list[str]:
        return [self.labels[score > 0.5] for score in map(self._score, rows)]

    def predict_proba(self, rows: Sequence[Taken]) -> list[list[float]]:
        return [[1 - score, score] for score in map(self._score, rows)]

    def _score(self, row: Taken) -> float:
        value = self.column(row)
        if not math.isfinite(value):
            raise ValueError("infinite or not a number")
        return 0.75 * self.scale if value > self.threshold else 0.25 * self.scale


def form(model: object) -> Form:
    return Form(model=model, rows=list[Taken])


def subject(*, thresholds: tuple[float, ...] = (), rel: float = 0.0) -> Subject:
    return Subject(
        optimizer="test",
        columns=[("a", "double", False), ("b", "long", True)],
        methods=["predict", "predict_proba"],
        scores=["predict_proba"],
        classes=["no", "yes"],
        limits=Limits(rel=rel, thresholds=thresholds),
        seed="seed",
        distributions=["msgspec"],
        processor="a processor",
    )
