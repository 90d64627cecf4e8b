"""Hooks that wait: they run in an event loop of their own, which holds up no other request, as long as they may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any, TypeVar  # Any: what `post` answers is of a class of the user's

from .hooks import GIVEN, Answers, concluded, prepared
from .own import startup
from .problems import Rejected
from .schema import Features, Row
from .service import Service
from .web import Answer, Call, Request

TIMEOUT: float | None = None
"""Seconds that one hook may take for a request; None for as long as it takes."""

THREADS = 32
"""Hooks that are no coroutines run in as many threads. One that takes too long keeps its thread until it ends."""

T = TypeVar("T")


class HookedService(Service):
    """The service with the hooks around its model."""

    _loop: asyncio.AbstractEventLoop
    """Where they run."""

    def start(self) -> None:
        self._loop = running_loop()
        startup()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def answer(self, request: Request) -> Answer:
        return await asyncio.wrap_future(self._begun(request))

    def answer_now(self, request: Request) -> Answer:
        return self._begun(request).result()

    def _begun(self, request: Request) -> Future[Answer]:
        found = self.operations[request.path].decode(request)
        return asyncio.run_coroutine_threadsafe(self._ended(found), self._loop)

    async def _ended(self, found: Answer | Call) -> Answer:
        while isinstance(found, Call):
            found = await self._answering(found)
        return found

    async def _answering(self, call: Call) -> Answer | Call:
        rows = await within(preparing(call.rows))
        if call.method != "predict":
            return call.answer(await self._asked(call.method, rows))
        answers = {m: await self._asked(m, rows) for m in ("predict", *GIVEN.values())}
        return call.answer(await within(concluding(call.rows, answers)))


def running_loop() -> asyncio.AbstractEventLoop:
    """An event loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    Thread(target=loop.run_forever, name="hooks", daemon=True).start()
    return loop


async def within(hook: Awaitable[T]) -> T:
    """What a hook gives; Rejected when it takes longer than it may."""
    task = asyncio.ensure_future(hook)
    done, _ = await asyncio.wait({task}, timeout=TIMEOUT)
    if not done:
        task.cancel()
        raise Rejected(504, "hook-timeout", "the service's own code takes too long")
    return await task


async def preparing(rows: Sequence[Row]) -> list[Features]:
    """What the model takes of a request's rows; Rejected where `pre` refuses one."""
    return await asyncio.to_thread(prepared, rows)


async def concluding(rows: Sequence[Row], answers: Answers) -> list[Any]:
    """What the service answers for a request's rows; Rejected where `post` refuses one."""
    return await asyncio.to_thread(concluded, rows, answers)
