"""What the service takes and what it answers, as types that decode, check and document themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Long = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Float = Annotated[float, Meta(ge=-3.4028234663852886e38, le=3.4028234663852886e38)]
Datetime = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
Label = str | int | float | list[str | int | float | None]
Score = float | list[float | None]
Value = float | list[float | None] | None
Nested = str | int | float | list[float | list[float | list[float | None] | None] | None] | None


class Row(Struct, kw_only=True, frozen=True, gc=False, forbid_unknown_fields=True):
    """One row of what the service takes."""

    number: float
    some_text: str | None = field(name="some text", default=None)
    count: Integer | None = None
    big: Long | None = None
    small: Float | None = None
    when: Datetime | None = None
    kind: Literal["one", "other"] | None = None


class Features(Row, frozen=True):
    """One row of what the model takes, which is made of a request's."""


class Prediction(Struct):
    """What the model predicts for one row; null stands for a number that is not finite."""

    prediction: Label | None


class PredictionWith(Struct):
    """What the model predicts for one row when it is told of parameters, which may be of another type and shape."""

    prediction: Nested


class ClassProbabilities(Struct):
    """The probability of each class; null where it is not a number."""

    no: float | None
    yes: float | None


class Probabilities(Struct):
    """How probable each class is for one row."""

    probabilities: ClassProbabilities | list[float | None]


class ClassScores(Struct):
    """The score of each class; null where it is not a finite number."""

    no: float | None
    yes: float | None


class Decision(Struct):
    """How the model scores one row."""

    score: ClassScores | Score | None


class Transformed(Struct):
    """What the model makes of one row; null stands for a value that is not a finite number."""

    values: Value
