"""Limits on how long something in an event loop may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import coroutine
from typing import Any, TypeVar  # Any: what a coroutine waits for is known to its event loop alone

from .problems import too_slow

T = TypeVar("T")

TICK_SECONDS = 0.001
"""Timers of an event loop may be that early."""


class Alarms:
    """Calls for those whose time is up, if they are still there: each has the same time, so that one timer does."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due: dict[object, tuple[float, Callable[[], None]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, one: object) -> bool:
        """Whether its time has begun and is not up."""
        return one in self._due

    def begin(self, one: object, call: Callable[[], None]) -> None:
        """Its time begins; what to call when it is up."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = now + self._seconds
        self._due[one] = due, call
        # A timer that should have gone off long ago may be that of a loop which runs no more.
        if self._timer is None or self._timer.when() < now:
            self._timer = loop.call_at(due, self._ring)

    def end(self, one: object) -> None:
        """It needs no more time."""
        self._due.pop(one, None)

    def _ring(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer:
            self._timer.cancel()
        self._timer = None
        while self._due:
            one, (due, call) = next(iter(self._due.items()))
            if due > loop.time() + TICK_SECONDS:
                self._timer = loop.call_at(due, self._ring)
                return
            del self._due[one]
            call()


@coroutine
def once_it_waits(
    work: Coroutine[Any, None, T], limit: Callable[[], AbstractContextManager[None]]
) -> Generator[Any, None, T]:
    """What `work` gives; the limit begins when it has to wait. Most work never does, and costs less than a timer."""
    try:
        awaited = work.send(None)
    except StopIteration as ended:
        found: T = ended.value
        return found
    with limit():
        return (yield from rest(work, awaited))


@coroutine
def rest(work: Coroutine[Any, None, T], awaited: Any) -> Generator[Any, None, T]:
    """The rest of a coroutine that waits: what the event loop says to it is passed on."""
    while True:
        failure: BaseException | None = None
        try:
            yield awaited
        except BaseException as error:
            failure = error
        try:
            awaited = work.throw(failure) if failure else work.send(None)
        except StopIteration as ended:
            found: T = ended.value
            return found


@contextmanager
def sent_within(seconds: float) -> Iterator[None]:
    """Reject a request whose body does not arrive in time."""
    task = asyncio.current_task()
    assert task is not None
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        task.cancel()

    timer = asyncio.get_running_loop().call_later(seconds, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not late:
            raise
        raise too_slow(seconds) from None
    finally:
        timer.cancel()
