"""What each route answers, and the model from start to stop: the same for every web framework."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from time import perf_counter

import msgspec

from . import info, logs
from .docs import page
from .openapi import document
from .predictor import Method, Predictor
from .problems import Failure, Problem, Rejected
from .schema import Row
from .settings import Settings

INLINE_BYTES = 64 * 1024
"""A thread costs a small body more than its prediction does; a larger one would keep /healthz waiting."""

JSON = "application/json"
METHODS: dict[str, Callable[[Predictor, Sequence[Row]], Sequence[msgspec.Struct]]] = {
    "/predict": Predictor.predict,
    "/predict_proba": Predictor.predict_proba,
    "/decision_function": Predictor.decision_function,
    "/transform": Predictor.transform,
}
"""What is asked with POST, by path."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, before a web framework has made it one of its own."""

    body: bytes
    status: int = 200
    content_type: str = JSON


class Service:
    """The model from start to stop, and what does not need it."""

    def __init__(self, settings: Settings, load: Callable[[], Predictor]) -> None:
        self.settings = settings
        self._load = load
        self._loaded: Predictor | None = None
        self._info: bytes = b""
        self.pages: dict[str, Callable[[], Answer]] = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/info": self._shown,
            "/openapi.json": partial(Answer, msgspec.json.encode(document())),
            "/docs": partial(Answer, page(document()), content_type="text/html; charset=utf-8"),
        }
        """What is asked with GET, by path."""

    def start(self) -> None:
        """Load the model, which has to come before the first request."""
        started = perf_counter()
        self._info = msgspec.json.encode(info.read(self.settings.provenance))
        self._loaded = self._load()
        logger.info("model loaded", extra={"fields": {"seconds": round(perf_counter() - started, 3)}})

    def stop(self) -> None:
        """Drop the model, after the last request."""
        self._loaded = None

    def method(self, path: str) -> Method:
        """The model's method behind one of METHODS; Rejected when the model is not loaded."""
        return partial(METHODS[path], self._predictor)

    @property
    def _predictor(self) -> Predictor:
        if self._loaded is None:
            raise Rejected(503, "not-ready", "the model is not loaded")
        return self._loaded

    def _healthz(self) -> Answer:
        return Answer(b'{"status":"alive"}')

    def _readyz(self) -> Answer:
        _ = self._predictor
        return Answer(b'{"status":"ready"}')

    def _shown(self) -> Answer:
        _ = self._predictor
        return Answer(self._info)


@dataclass(slots=True)
class Exchange:
    """One request and how it ended; 0 is no answer at all."""

    request_id: str
    status: int = 0


@contextmanager
def exchange(method: str, path: str, given_id: str) -> Iterator[Exchange]:
    """Give a request its id, and log how it ended."""
    found = Exchange(logs.new_request_id(given_id))
    token = logs.request_id.set(found.request_id)
    started = perf_counter()
    try:
        yield found
    finally:
        milliseconds = round((perf_counter() - started) * 1000, 2)
        fields = {"method": method, "path": path, "status": found.status, "milliseconds": milliseconds}
        logger.info("request", extra={"fields": fields})
        logs.request_id.reset(token)


def rejected(error: Rejected) -> Answer:
    """What is wrong with the request."""
    return Answer(msgspec.json.encode(error.failure(logs.request_id.get())), error.status)


def refused(status: int) -> Answer:
    """What the web framework itself refuses, such as an unknown path or a wrong method."""
    reason = HTTPStatus(status).phrase
    failure = Failure(Problem(reason.lower().replace(" ", "-"), reason, request_id=logs.request_id.get()))
    return Answer(msgspec.json.encode(failure), status)


def broken(error: Exception) -> Answer:
    """What the client is told of a mistake of the service's, which is logged."""
    logger.error("the request failed", exc_info=error)
    failure = Failure(Problem("internal-error", "the request failed", request_id=logs.request_id.get()))
    return Answer(msgspec.json.encode(failure), 500)
