"""The user's hooks: what `pre` makes of a request's rows before the model, and `post` of its predictions after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any  # what a method answers is as plain as JSON; what `post` answers, of a class of the user's

import msgspec
from msgspec.structs import asdict

from .own import Made, Request, post, pre
from .problems import Rejected
from .schema import Features, Row

COLUMNS: dict[str, str] = {"number": "number"}
"""The model's columns, and the fields of what `pre` gives that hold them."""

FIELDS = ("number",)
"""What of a row `post` is given."""

GIVEN: dict[str, str] = {"prediction": "predict"}
"""What else it is given, and the method of the model that answers it."""

Answers = Mapping[str, Sequence[msgspec.Struct]]
"""What the model answers to rows, by method."""


def prepared(rows: Sequence[Row]) -> list[Features]:
    """What the model takes of a request's rows; Rejected where `pre` refuses one."""
    made = []
    for place, row in enumerate(rows):
        with refusals(place, rows):
            made.append(pre(as_request(row)))
    return [*map(features, made)]


def concluded(rows: Sequence[Row], answers: Answers) -> list[Any]:
    """What the service answers for a request's rows; Rejected where `post` refuses one."""
    made = []
    for place, row in enumerate(rows):
        with refusals(place, rows):
            made.append(post(row=as_seen(row), **given(answers, place)))
    return made


def as_request(row: Row) -> Request:
    """The row as the hooks know it."""
    return Request(**asdict(row))


def as_seen(row: Row) -> Request:
    """The row as `post` knows it."""
    return Request(**{name: getattr(row, name) for name in FIELDS})


def features(made: Made) -> Features:
    """What `pre` gave as what the model takes; TypeError where it does not fit."""
    return fitting({column: getattr(made, name) for column, name in COLUMNS.items()})


def fitting(values: Mapping[str, object]) -> Features:
    """A row of the model's columns; TypeError, as it is no mistake of the client's, where the values do not fit."""
    try:
        return msgspec.convert(values, Features)
    except msgspec.ValidationError as error:
        raise TypeError(f"`pre` gave what the model does not take: {error}") from error


def given(answers: Answers, place: int) -> dict[str, Any]:
    """What the model answered for one row, by the names under which `post` takes it."""
    return {name: plain(answers[method][place]) for name, method in GIVEN.items()}


def plain(answer: msgspec.Struct) -> Any:
    """The one value that an answer holds: of {"probabilities": {"no": 0.1, "yes": 0.9}} the inner object."""
    (value,) = msgspec.to_builtins(answer).values()
    return value


@contextmanager
def refusals(place: int, rows: Sequence[Row]) -> Iterator[None]:
    """Tells the client of a ValueError of a hook's, and about which of its rows it is."""
    try:
        yield
    except ValueError as error:
        field = f"[{place}]" if len(rows) > 1 else ""
        raise Rejected(422, "refused-by-hook", str(error)[:300], field) from error
