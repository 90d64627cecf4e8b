"""Limits on how long something in an event loop may take."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from .problems import too_slow


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
