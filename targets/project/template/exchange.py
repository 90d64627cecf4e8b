"""One request from its arrival to its answer: its id, what every answer says, and the line that says how it ended."""

from __future__ import annotations

from time import perf_counter

from . import logs
from .origins import origin_headers, preflight
from .service import Service
from .tracing import PARENT
from .web import Header, Headers, failure, form


class Exchange:
    """A context around one request. `status` is to be set to its answer's; 0 is no answer at all."""

    def __init__(self, service: Service, verb: str, path: str, header: Header) -> None:
        self._service = service
        self._verb = verb
        self._path = path
        self.status = 0
        self._parent = {name: found for name in PARENT if (found := header(name))}
        self.request_id = logs.new_request_id(header("x-request-id") or "")
        # What its answer has besides its own.
        self.headers: Headers = (("x-request-id", self.request_id),)
        self.headers += origin_headers(header)
        # The answer that needs no route, to a browser that asks whether it may send a request.
        self.preflight = preflight(verb, header)

    @property
    def last(self) -> bool:
        """Whether its connection is to be closed after it: the service is about to stop."""
        return self._service.leaving

    def __enter__(self) -> Exchange:
        logs.request_id.set(self.request_id)
        form.set(failure)
        self._service.metrics.began()
        self._service.tracing.began(self._verb, self._path, self._parent, self.request_id)
        self._started = perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        seconds = perf_counter() - self._started
        self._service.metrics.ended(self._service.counted_as(self._path), self.status, seconds)
        self._service.tracing.ended(self.status)
        logs.requested(self._verb, self._path, self.status, seconds)
        # A connection's requests may share their context.
        form.set(failure)
        logs.request_id.set("")
