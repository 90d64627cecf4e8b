"""Batches among threads: whoever finds the model free asks it for all that wait."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Condition
from time import monotonic, sleep

from .metrics import ModelMetrics
from .queued import Answers, Ask, Queue, Waiting, late, outcomes, settle
from .schema import Row
from .settings import Settings
from .tracing import phase


class ThreadBatcher:
    """The model, asked by several threads, one batch after another."""

    def __init__(self, ask: Ask, settings: Settings, metrics: ModelMetrics) -> None:
        self._ask = ask
        self._settings = settings
        self._metrics = metrics
        self._queue = Queue(settings.max_queue)
        self._free = Condition()
        self._busy = False

    def ask(self, method: str, rows: Sequence[Row]) -> Answers:
        """The answers to one request; Rejected when too many wait or it takes too long, else what the model raises."""
        if self._settings.max_batch == 1:
            self._metrics.asked(len(rows), 0)
            phase("predict")
            answers = self._ask(method, rows)
            phase("encode")
            return answers
        answered: Future[Answers] = Future()
        waiting = Waiting(method, rows, answered)
        deadline = monotonic() + self._settings.timeout_seconds
        with self._free:
            self._queue.enter(waiting)
        while self._leads(waiting, deadline):
            try:
                sleep(self._settings.batch_wait_ms / 1000)
                with self._free:
                    batch = self._queue.take(self._settings.max_batch)
                self._metrics.asked(sum(len(waiting.rows) for waiting in batch), self._queue.rows)
                settle(batch, outcomes(self._ask, batch))
            finally:
                with self._free:
                    self._busy = False
                    self._free.notify_all()
        return answered.result(0)

    def _leads(self, waiting: Waiting, deadline: float) -> bool:
        """Whether this thread is to ask the model; False once another one has brought its answer."""
        with self._free:
            self._free.wait_for(lambda: waiting.answered.done() or not self._busy, deadline - monotonic())
            if waiting.answered.done():
                return False
            if self._busy:
                self._queue.leave(waiting)
                raise late(self._settings.timeout_seconds)
            self._busy = True
            return True
