"""The model's methods, from typed rows to typed answers. It knows no web framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path

import msgspec

from .model import Model
from .params import params_of
from .schema import (
    ClassProbabilities,
    Decision,
    Label,
    Nested,
    Prediction,
    PredictionWith,
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

    def predict_with(self, rows: Sequence[Row], params: Mapping[str, object]) -> list[PredictionWith]:
        return [PredictionWith(finite_all(value)) for value in self._model.predict_with(rows, params)]

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
    if params := params_of(method):
        return one_each(predictor.predict_with(rows, params), rows)
    return one_each(METHODS[method](predictor, rows), rows)


def one_each(answers: Sequence[msgspec.Struct], rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
    """The answers; RuntimeError when they are not as many as the rows."""
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


def finite_all(value: Nested) -> Nested:
    """The same with None for each number in it that JSON cannot say."""
    if isinstance(value, list):
        return [*map(finite_all, value)]  # type: ignore[arg-type,list-item]  # it is as deep as it was
    return finite(value) if isinstance(value, float) else value
