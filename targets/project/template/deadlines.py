"""Limits on how long something in an event loop may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import coroutine
from typing import Any, TypeVar  # Any: what a coroutine waits for is known to its event loop alone

from .problems import too_slow

T = TypeVar("T")


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
        return (yield from _rest(work, awaited))


def _rest(work: Coroutine[Any, None, T], awaited: Any) -> Generator[Any, None, T]:
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
