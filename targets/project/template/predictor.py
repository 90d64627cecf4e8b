"""The model's methods, from typed rows to typed answers. It knows no web framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path

import msgspec

from .model import Model
from .schema import (
    ClassProbabilities,
    Decision,
    Label,
    Prediction,
    Probabilities,
    Row,
    Score,
    Transformed,
)

MODEL = "model.bin"


class Predictor:
    """The loaded model's methods, from typed rows to typed answers in the same order."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @classmethod
    def load(cls) -> Predictor:
        """The model that is shipped in this package."""
        return cls(Model(Path(__file__).parent / "artifact" / MODEL))

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        return [prediction(value) for value in self._model.predict(rows)]

    def predict_proba(self, rows: Sequence[Row]) -> list[Probabilities]:
        return [probabilities(values) for values in self._model.predict_proba(rows)]

    def decision_function(self, rows: Sequence[Row]) -> list[Decision]:
        return [decision(value) for value in self._model.decision_function(rows)]

    def transform(self, rows: Sequence[Row]) -> list[Transformed]:
        return [Transformed(values) for values in self._model.transform(rows)]


METHODS: dict[str, Callable[[Predictor, Sequence[Row]], Sequence[msgspec.Struct]]] = {
    "predict": Predictor.predict,
    "predict_proba": Predictor.predict_proba,
    "decision_function": Predictor.decision_function,
    "transform": Predictor.transform,
}
"""What can be asked, by name."""


def ask(predictor: Predictor, method: str, rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
    """One answer for each row; ValueError when the model does not accept the rows."""
    answers = METHODS[method](predictor, rows)
    if len(answers) != len(rows):
        raise RuntimeError(f"the model gave {len(answers)} answers for {len(rows)} rows")
    return answers


def prediction(value: Label) -> Prediction:
    return Prediction(value)


def probabilities(values: list[float]) -> Probabilities:
    return Probabilities(ClassProbabilities(*map(finite, values)))


def decision(value: Score) -> Decision:
    return Decision(value)


def finite(value: float) -> float | None:
    """The number, or None for NaN and infinity, which JSON cannot say."""
    return value if isfinite(value) else None
