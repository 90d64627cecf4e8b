"""Typed JSON: a row or an array of rows in, an answer or an array of answers out, at a path for each method."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from .params import with_query
from .predictor import METHODS
from .problems import Rejected
from .redacting import hidden, unsaid
from .schema import Row
from .spelling import respelled, unspelled
from .web import Answer, Call, Operation, Request

_decoder: msgspec.json.Decoder[Row | list[Row]] = msgspec.json.Decoder(Row | list[Row])
_encoder = msgspec.json.Encoder()


def operations() -> dict[str, Operation]:
    """A path for each method of the model."""
    return {f"/{method}": Operation(partial(call, method)) for method in METHODS}


def call(method: str, request: Request) -> Call:
    """What the body asks; Rejected names the field that does not fit."""
    rows = decode(request.body)
    method = with_query(method, request.query)
    return Call(method, [rows], _one) if isinstance(rows, Row) else Call(method, rows, _many)


def decode(body: bytes) -> Row | list[Row]:
    """The row or rows that a body holds; Rejected names the field that does not fit."""
    body = respelled(body)
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        message, field = located(str(error))
        raise Rejected(422, "invalid-row", message, field) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(400, "invalid-json", f"the body is not JSON: {error}"[:300]) from None


def located(error: str) -> tuple[str, str]:
    """A validation error's message and the field it is about, such as `age` or `[3].age`."""
    error = unspelled(error)
    message, _, place = error.partition(" - at `$")
    field = place.removesuffix("`").removeprefix(".")
    if hidden(field):
        message = unsaid(message)
    for kind in ("Object contains unknown field `", "Object missing required field `"):
        if message.startswith(kind):
            name = message.removeprefix(kind).removesuffix("`")
            return message[:300], f"{field}.{name}"[:300].removeprefix(".")
    return message[:300], field[:300]


def _one(answers: Sequence[object]) -> Answer:
    return Answer(_encoder.encode(answers[0]))


def _many(answers: Sequence[object]) -> Answer:
    return Answer(_encoder.encode(answers))
