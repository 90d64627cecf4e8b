"""What waits for the model: a bounded queue, the batches that are taken out of it, and what becomes of each request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import msgspec

from .problems import Rejected
from .schema import Row
from .tracing import Trace, current_trace

RETRY_SECONDS = 1
"""When a client that was turned away may ask again: a full queue is gone by then, or the service is too small."""

Answers = Sequence[msgspec.Struct]
Ask = Callable[[str, Sequence[Row]], Answers]
"""A method's answers to rows, one for each."""


class Waiting(msgspec.Struct, frozen=True, eq=False):
    """A request that waits for its answers."""

    method: str
    rows: Sequence[Row]
    answered: asyncio.Future[Answers] | Future[Answers]
    trace: Trace | None = msgspec.field(default_factory=current_trace.get)


class Queue:
    """Requests in the order in which they came, of at most `max_rows` rows together."""

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows
        self._waiting: dict[Waiting, None] = {}
        self.rows = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, waiting: Waiting) -> None:
        """Wait; Rejected where too much does so already. A request that is larger than the queue waits alone."""
        if self._waiting and self.rows + len(waiting.rows) > self._max_rows:
            retry = ("retry-after", str(RETRY_SECONDS))
            raise Rejected(503, "overloaded", "too many requests are waiting: try again later", headers=(retry,))
        if waiting.trace:
            waiting.trace.phase("queue")
        self._waiting[waiting] = None
        self.rows += len(waiting.rows)

    def leave(self, waiting: Waiting) -> None:
        """Wait no longer, whether answered or not."""
        if waiting in self._waiting:
            del self._waiting[waiting]
            self.rows -= len(waiting.rows)

    def take(self, max_batch: int) -> list[Waiting]:
        """The longest waiting request, and those for the same method that still go into `max_batch` rows."""
        taken: list[Waiting] = []
        rows = 0
        for waiting in self._waiting:
            if not taken or (waiting.method == taken[0].method and rows + len(waiting.rows) <= max_batch):
                taken.append(waiting)
                rows += len(waiting.rows)
        for waiting in taken:
            self.leave(waiting)
            if waiting.trace:
                waiting.trace.phase("predict")
        return taken


def outcomes(ask: Ask, batch: Sequence[Waiting]) -> list[Answers | Exception]:
    """What each request of a batch gets; one that fails is found by halves, so that it fails alone."""
    rows = [row for waiting in batch for row in waiting.rows] if len(batch) > 1 else batch[0].rows
    try:
        answers = ask(batch[0].method, rows)
    except Exception as error:
        half = len(batch) // 2
        return [*outcomes(ask, batch[:half]), *outcomes(ask, batch[half:])] if half else [error]
    return _shared(answers, batch) if len(batch) > 1 else [answers]


def settle(batch: Sequence[Waiting], found: Sequence[Answers | Exception]) -> None:
    """Give each request its answers; those that do not wait any more get none."""
    for waiting, outcome in zip(batch, found, strict=True):
        if waiting.answered.done():
            continue
        if waiting.trace:
            waiting.trace.phase("encode")
        if isinstance(outcome, Exception):
            waiting.answered.set_exception(outcome)
        else:
            waiting.answered.set_result(outcome)


def late(seconds: float) -> Rejected:
    """What a request is told that waited for too long."""
    return Rejected(504, "timeout", f"there was no answer within {seconds:g} seconds")


def _shared(answers: Answers, batch: Sequence[Waiting]) -> list[Answers | Exception]:
    found: list[Answers | Exception] = []
    start = 0
    for waiting in batch:
        found.append(answers[start : start + len(waiting.rows)])
        start += len(waiting.rows)
    return found
