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
"""A model that answers a request in less is asked at once by the first one of the loop's turn, often the only one."""
INSTANT_SECONDS = 15e-6
"""A model that answers in less is asked at once by each: to wait for a batch costs more than it saves."""
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
        self._turn = Turn()

    async def ask(self, method: str, rows: Sequence[Row]) -> Answers:
        """The answers to one request; Rejected when too many wait or it takes too long, else what the model raises."""
        loop = asyncio.get_running_loop()
        if self._at_once(len(rows), loop):
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

    def _at_once(self, rows: int, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether to ask for a request without a batch."""
        if self._queue or self._in_thread or rows > self._settings.max_batch:
            return False
        alone = self._seconds_alone
        return alone < INSTANT_SECONDS or (alone < FAST_SECONDS and self._turn.is_first(loop))

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


class Turn:
    """A turn of an event loop, which reads what has come from several clients."""

    def __init__(self) -> None:
        self._begun = False

    def is_first(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether nobody has asked this in the same turn."""
        if self._begun:
            return False
        self._begun = True
        loop.call_soon(self._end)
        return True

    def _end(self) -> None:
        self._begun = False
