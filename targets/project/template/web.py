"""What the service knows of HTTP: requests, answers and operations as values, before and after a web framework."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from . import logs
from .problems import Failure, Problem, Rejected
from .schema import Row

JSON = "application/json"

Header = Callable[[str], str | None]
"""A request's header by its name in lower case; None or "" where there is none."""
Headers = tuple[tuple[str, str], ...]
"""An answer's, their names in lower case."""

logger = logging.getLogger(__name__)


def looked_up(headers: Iterable[tuple[bytes, bytes]]) -> Header:
    """Headers as they were received, in lower case; the last where there are several of a name."""
    found = dict(headers)
    return lambda name: value.decode("latin-1") if (value := found.get(name.encode())) else ""


# A frozen dataclass takes five times as long to make as a Struct does, and each request makes several.
class Request(msgspec.Struct, frozen=True):
    """A request with its whole body; `query` is what stands after the ?, as it was sent."""

    path: str
    query: str
    header: Header
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """A response, before a web framework has made it one of its own."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Headers = ()


Form = Callable[[int, Problem], Answer]
"""How a protocol tells a failure: its status, and what is wrong."""


def failure(status: int, problem: Problem) -> Answer:
    """The service's own form."""
    return Answer(msgspec.json.encode(Failure(problem)), status)


form: ContextVar[Form] = ContextVar("form", default=failure)
"""The form of the current request's protocol, once its operation is known."""


class Call(msgspec.Struct, frozen=True):
    """What a request asks of the model: a method's answers to rows, and what to make of these answers."""

    method: str
    rows: Sequence[Row]
    answer: Callable[[Sequence[msgspec.Struct]], Answer | Call]
    """It may be that more has to be asked."""


class Operation(msgspec.Struct, frozen=True):
    """What is asked with POST at one path: how its body is read, and which media types that body may have."""

    decode: Callable[[Request], Call]
    """Rejected says what is wrong with the body."""
    types: tuple[str, ...] = (JSON,)
    form: Form = failure


def rejected(error: Rejected) -> Answer:
    """What is wrong with the request."""
    problem = Problem(error.code, error.message, error.field, logs.request_id.get())
    return replace(form.get()(error.status, problem), headers=error.headers)


def refused(status: int, *headers: tuple[str, str]) -> Answer:
    """What the web framework itself refuses, such as an unknown path or a wrong method."""
    reason = HTTPStatus(status).phrase
    problem = Problem(reason.lower().replace(" ", "-"), reason, request_id=logs.request_id.get())
    return Answer(msgspec.json.encode(Failure(problem)), status, headers=headers)


def broken(error: Exception) -> Answer:
    """What the client is told of a mistake of the service's, which is logged."""
    logger.error("the request failed", exc_info=error)
    return form.get()(500, Problem("internal-error", "the request failed", request_id=logs.request_id.get()))
