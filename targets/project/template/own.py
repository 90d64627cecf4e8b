"""The user's module of hooks: the prototype that his own takes the place of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """One row of a request, as the hooks know it."""

    number: float


@dataclass(frozen=True)
class Made:
    """What `pre` makes of it: the model's columns."""

    number: float


@dataclass(frozen=True)
class Response:
    """What `post` makes of a prediction."""

    prediction: object
    number: float


def startup() -> None:
    """Called once, before the first request."""


async def startup_async() -> None:
    """The same, where it waits for something."""


def pre(row: Request) -> Made:
    """What the model takes of one row."""
    if row.number < 0:
        raise ValueError("a number below 0 has no prediction")
    return Made(number=row.number)


def pre_rows(rows: list[Request]) -> list[Made]:
    """The same of all rows of a request at once."""
    return [pre(row) for row in rows]


async def pre_async(row: Request) -> Made:
    """The same, where it waits for something."""
    return pre(row)


async def pre_rows_async(rows: list[Request]) -> list[Made]:
    """The same of all rows of a request at once, where it waits for something."""
    return pre_rows(rows)


def post(prediction: object, row: Request) -> Response:
    """What the service answers for one row."""
    return Response(prediction=prediction, number=row.number)


def post_alone(prediction: object) -> Response:
    """The same, where it needs no row."""
    return Response(prediction=prediction, number=0)


async def post_async(prediction: object, row: Request) -> Response:
    """The same, where it waits for something."""
    return post(prediction, row)


async def post_alone_async(prediction: object) -> Response:
    """The same, where it needs no row and waits for something."""
    return post_alone(prediction)
