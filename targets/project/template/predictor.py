"""From a request's body to an answer's: decoding, one row or many, encoding. It knows no web framework."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path

import msgspec

from .model import Model
from .problems import Rejected
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

logger = logging.getLogger(__name__)
_decoder: msgspec.json.Decoder[Row | list[Row]] = msgspec.json.Decoder(Row | list[Row])
_encoder = msgspec.json.Encoder()

Method = Callable[[Sequence[Row]], Sequence[msgspec.Struct]]


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


def answer(method: Method, body: bytes) -> bytes:
    """The answer's body: one answer for one row, an array for an array. Rejected says why there is none."""
    rows = decode(body)
    if isinstance(rows, Row):
        return _encoder.encode(_ask(method, [rows])[0])
    return _encoder.encode(_ask(method, rows) if rows else [])


def decode(body: bytes) -> Row | list[Row]:
    """The row or rows that a body holds; Rejected names the field that does not fit."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        message, field = _located(str(error))
        raise Rejected(422, "invalid-row", message, field) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(400, "invalid-json", f"the body is not JSON: {error}"[:300]) from None


def _ask(method: Method, rows: list[Row]) -> Sequence[msgspec.Struct]:
    try:
        answers = method(rows)
    except ValueError as error:
        # So the model's library says that it was given values which it cannot take, such as an unknown category.
        logger.warning("the model refused the rows", exc_info=True)
        raise Rejected(422, "refused-by-model", "the model does not accept these values") from error
    if len(answers) != len(rows):
        raise RuntimeError(f"the model gave {len(answers)} answers for {len(rows)} rows")
    return answers


def _located(error: str) -> tuple[str, str]:
    """A validation error's message and the field it is about, such as `age` or `[3].age`."""
    message, _, place = error.partition(" - at `$")
    field = place.removesuffix("`").removeprefix(".")
    for kind in ("Object contains unknown field `", "Object missing required field `"):
        if message.startswith(kind):
            name = message.removeprefix(kind).removesuffix("`")
            return message[:300], f"{field}.{name}"[:300].removeprefix(".")
    return message[:300], field[:300]


def prediction(value: Label) -> Prediction:
    return Prediction(value)


def probabilities(values: list[float]) -> Probabilities:
    return Probabilities(ClassProbabilities(*map(finite, values)))


def decision(value: Score) -> Decision:
    return Decision(value)


def finite(value: float) -> float:
    """The number, which JSON can only say when it is finite."""
    if not isfinite(value):
        raise ArithmeticError(f"the model answered {value}")
    return value
