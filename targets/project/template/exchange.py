"""One request from its arrival to its answer: its id, and the line that says how it ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

from . import logs
from .web import failure, form

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Exchange:
    """One request and how it ended; 0 is no answer at all."""

    request_id: str
    status: int = 0


@contextmanager
def exchange(verb: str, path: str, given_id: str) -> Iterator[Exchange]:
    """Give a request its id, and log how it ended."""
    found = Exchange(logs.new_request_id(given_id))
    token = logs.request_id.set(found.request_id)
    # A connection's requests may share their context.
    told = form.set(failure)
    started = perf_counter()
    try:
        yield found
    finally:
        milliseconds = round((perf_counter() - started) * 1000, 2)
        fields = {"method": verb, "path": path, "status": found.status, "milliseconds": milliseconds}
        logger.info("request", extra={"fields": fields})
        form.reset(told)
        logs.request_id.reset(token)
