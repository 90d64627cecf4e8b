"""Several transfers at a time, which end together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from ...compiler.process import GivenUp
from .client import AT_ONCE

Item = TypeVar("Item")
Given = TypeVar("Given")
GoOn = Callable[[], None]
"""Called between the pieces of a transfer: raises GivenUp once all is given up."""


def each(
    act: Callable[[Item, GoOn], Given], items: Iterable[Item], *, ended: threading.Event | None = None
) -> list[Given]:
    """What the act gives for each item, in their order.

    When one fails, by what it raises, those that have not begun never do, and the others come to their end. An
    interrupt, or `ended`, gives up all of them where they are.
    """
    interrupted, failed = threading.Event(), threading.Event()

    def go_on() -> None:
        if interrupted.is_set() or (ended and ended.is_set()):
            raise GivenUp

    def begin(item: Item) -> Given:
        if failed.is_set():
            raise GivenUp
        try:
            return act(item, go_on)
        except BaseException:
            failed.set()
            raise

    pool = ThreadPoolExecutor(AT_ONCE)
    waiting = True
    try:
        work = [pool.submit(begin, item) for item in items]
        wait(work, return_when=FIRST_EXCEPTION)
        waiting = False
    finally:
        if waiting:
            interrupted.set()
        pool.shutdown(cancel_futures=True)
    done = [future for future in work if not future.cancelled()]
    for future in done:
        # Those that never began have no failure of their own.
        if (error := future.exception()) and not isinstance(error, GivenUp):
            raise error
    return [future.result() for future in done]
