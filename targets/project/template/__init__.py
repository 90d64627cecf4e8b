"""The model as a Python package: what it predicts, in process and as a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from .schema import Decision, Prediction, Probabilities, Row, Transformed

if TYPE_CHECKING:
    from .predictor import Predictor

__all__ = [
    "Decision",
    "Prediction",
    "Probabilities",
    "Row",
    "Transformed",
    "decision_function",
    "predict",
    "predict_proba",
    "transform",
]


def predict(rows: Iterable[Row | Mapping[str, object]]) -> list[Prediction]:
    """What the model predicts for each row; msgspec.ValidationError names the column that does not fit."""
    return _predictor().predict(_typed(rows))


def predict_proba(rows: Iterable[Row | Mapping[str, object]]) -> list[Probabilities]:
    """The probability of each class for each row; msgspec.ValidationError names the column that does not fit."""
    return _predictor().predict_proba(_typed(rows))


def decision_function(rows: Iterable[Row | Mapping[str, object]]) -> list[Decision]:
    """The model's scores for each row; msgspec.ValidationError names the column that does not fit."""
    return _predictor().decision_function(_typed(rows))


def transform(rows: Iterable[Row | Mapping[str, object]]) -> list[Transformed]:
    """What the model makes of each row; msgspec.ValidationError names the column that does not fit."""
    return _predictor().transform(_typed(rows))


def _typed(rows: Iterable[Row | Mapping[str, object]]) -> list[Row]:
    return msgspec.convert(list(rows), list[Row])


@cache
def _predictor() -> Predictor:
    # The model's libraries take a second to import: whoever only needs the types does not wait for them.
    from .predictor import Predictor

    return Predictor.load()
