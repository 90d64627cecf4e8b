"""Batches in an event loop: what has queued while the model was busy is asked at once, and nothing waits for more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial
from time import perf_counter

from .deadlines import Alarms
from .metrics import ModelMetrics
from .queued import Answers, Ask, Queue, Waiting, late, outcomes, settle
from .schema import Row
from .settings import Settings
from .tracing import phase

FAST_SECONDS = 200e-6
"""A model that answers a request in less is asked at once: few requests in a batch cost more than they save."""
INSTANT_SECONDS = 20e-6
"""A model that answers in less is asked at once however many come together."""
CROWD = 4
"""So many requests in one turn of the loop are no longer few."""
MAX_TURNS = 32
"""So many turns of the loop may bring a batch together."""
SLOW_SECONDS = 0.02
"""A model that takes longer is asked in a thread, so that the loop goes on reading, writing and telling its health."""
MAX_PAUSE = 64
"""Batches between two trials, which are a single request where many wait: else it would not be known how long one
takes. The first ones come sooner, as it may be that only the machine was busy.
"""


class Batcher:
    """The model, asked by the requests of one event loop, one batch after another."""

    def __init__(
        self, ask: Ask, settings: Settings, metrics: ModelMetrics, clock: Callable[[], float] = perf_counter
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._settings = settings
        self._metrics = metrics
        self._queue = Queue(settings.max_queue)
        self._patience = Alarms(settings.timeout_seconds)
        self._work: asyncio.Task[None] | None = None
        # Nothing is known of the model yet, so the first calls are made in a thread.
        self._seconds = 2 * SLOW_SECONDS
        self._seconds_alone = self._seconds
        self._pause, self._batches_to_trial = 1, 2
        self._in_thread = False
        self._turns = Turns()

    async def ask(self, method: str, rows: Sequence[Row]) -> Answers:
        """The answers to one request; Rejected when too many wait or it takes too long, else what the model raises."""
        loop = asyncio.get_running_loop()
        if self._at_once(len(rows), self._turns.came(loop)):
            self._metrics.asked(len(rows), self._queue.rows)
            started = self._clock()
            phase("predict")
            answers = self._ask(method, rows)
            phase("encode")
            self._learn(self._clock() - started, requests=1)
            return answers
        answered: asyncio.Future[Answers] = loop.create_future()
        waiting = Waiting(method, rows, answered)
        self._queue.enter(waiting)
        if self._work is None:
            # It begins in the loop's next turn, when all requests that have arrived in this one are in the queue.
            # What the model logs belongs to no single request: hence the empty context.
            self._work = Context().run(loop.create_task, self._answer())
        self._patience.begin(waiting, partial(self._give_up, waiting))
        try:
            return await answered
        finally:
            self._patience.end(waiting)
            # It is there still if its client left or its time was up.
            self._queue.leave(waiting)

    def _at_once(self, rows: int, together: int) -> bool:
        """Whether to ask for one request without a batch, where so many come together."""
        free = not self._queue and not self._in_thread
        alone = self._seconds_alone < (FAST_SECONDS if together < CROWD else INSTANT_SECONDS)
        return free and alone and rows <= self._settings.max_batch

    def _give_up(self, waiting: Waiting) -> None:
        settle([waiting], [late(self._settings.timeout_seconds)])

    async def _answer(self) -> None:
        try:
            while self._queue:
                if self._settings.batch_wait_ms:
                    await asyncio.sleep(self._settings.batch_wait_ms / 1000)
                if batch := self._queue.take(self._limit()):
                    settle(batch, await self._outcomes(batch))
                # The loop's turn: it sends these answers, and reads what came meanwhile.
                await asyncio.sleep(0)
                if self._seconds_alone > FAST_SECONDS:
                    await self._gathered()
        finally:
            self._work = None

    async def _gathered(self) -> None:
        """Turns of the loop while they bring requests: who has just been answered may ask again, and join who waits.

        Else clients fall into two halves, of which each waits for the other's batch.
        """
        for _ in range(MAX_TURNS):
            waited = self._queue.rows
            # One turn reads what the clients have sent, the next one brings it here.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if not waited < self._queue.rows < self._settings.max_batch:
                return

    def _limit(self) -> int:
        """Rows of the next batch."""
        if self._seconds_alone < FAST_SECONDS:
            return self._settings.max_batch
        self._batches_to_trial -= 1
        if self._batches_to_trial > 0 or self._seconds > SLOW_SECONDS:
            return self._settings.max_batch
        self._pause = self._batches_to_trial = min(2 * self._pause, MAX_PAUSE)
        return 1

    async def _outcomes(self, batch: Sequence[Waiting]) -> list[Answers | Exception]:
        rows = sum(len(waiting.rows) for waiting in batch)
        many = rows > self._settings.max_batch
        self._metrics.asked(rows, self._queue.rows)
        started = self._clock()
        if many or self._seconds > SLOW_SECONDS:
            found = await self._outcomes_in_thread(batch)
        else:
            found = outcomes(self._ask, batch)
        if not many:
            self._learn(self._clock() - started, len(batch))
        return found

    async def _outcomes_in_thread(self, batch: Sequence[Waiting]) -> list[Answers | Exception]:
        self._in_thread = True
        try:
            return await asyncio.to_thread(outcomes, self._ask, batch)
        finally:
            self._in_thread = False

    def _learn(self, seconds: float, requests: int) -> None:
        # A busy machine makes single calls look slow: only several ones are believed.
        self._seconds = min(seconds, 2 * self._seconds)
        if requests == 1:
            self._seconds_alone = min(seconds, 2 * self._seconds_alone)
            if self._seconds_alone < FAST_SECONDS:
                self._pause, self._batches_to_trial = 1, 2


class Turns:
    """Requests that come within one turn of an event loop, which shows how many clients ask at the same time."""

    def __init__(self) -> None:
        self._now = 0
        self._before = 0

    def came(self, loop: asyncio.AbstractEventLoop) -> int:
        """Count a request; how many there were in the last turn that had any."""
        if not self._now:
            loop.call_soon(self._ended)
        self._now += 1
        return self._before

    def _ended(self) -> None:
        self._before, self._now = self._now, 0
