"""A limit on what waits begins when it does, and what is limited neither loses nor gains anything by it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from deployc.targets.project.template.deadlines import Alarms, once_it_waits, sent_within
from deployc.targets.project.template.problems import Rejected


class Limits:
    """Counts how often a limit began and ended."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        self.begun += 1
        try:
            yield
        finally:
            self.ended += 1


async def turns(count: int) -> str:
    for _ in range(count):
        await asyncio.sleep(0)
    return "done"


@pytest.mark.parametrize(("count", "begun"), [(0, 0), (1, 1), (5, 1)])
def test_a_limit_begins_only_where_something_waits(count: int, begun: int) -> None:
    limits = Limits()
    assert asyncio.run(once(turns(count), limits)) == "done"
    assert (limits.begun, limits.ended) == (begun, begun)


@pytest.mark.parametrize("count", [0, 3])
def test_an_exception_comes_through(count: int) -> None:
    async def failing() -> str:
        await turns(count)
        raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        asyncio.run(once(failing(), Limits()))


def test_what_is_cancelled_may_tidy_up_and_go_on() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await turns(2)
        raise AssertionError

    async def run() -> str:
        task = asyncio.ensure_future(once(stubborn(), Limits()))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(run()) == "done"


def test_what_does_not_arrive_is_rejected() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        await once_it_waits(never(), lambda: sent_within(0))

    with pytest.raises(Rejected) as caught:
        asyncio.run(run())
    assert caught.value.status == 408


async def once(work: Coroutine[object, None, str], limits: Limits) -> str:
    return await once_it_waits(work, limits.one)


def test_alarms_go_off_in_turn_for_those_that_are_there_still() -> None:
    heard: list[str] = []

    async def run() -> None:
        alarms = Alarms(0.02)
        for name in ("first", "gone", "second"):
            alarms.begin(name, partial(heard.append, name))
        alarms.end("gone")
        while len(heard) < 2:
            await asyncio.sleep(0.001)
        alarms.begin("third", partial(heard.append, "third"))
        while len(heard) < 3:
            await asyncio.sleep(0.001)

    asyncio.run(run())
    assert heard == ["first", "second", "third"]


def test_alarms_go_off_in_a_loop_after_another_one_has_ended() -> None:
    heard: list[str] = []
    alarms = Alarms(0.0)

    async def begin(name: str) -> None:
        alarms.begin(name, partial(heard.append, name))

    async def run() -> None:
        alarms.begin("second", partial(heard.append, "second"))
        while "second" not in heard:
            await asyncio.sleep(0.001)

    asyncio.run(begin("first"))
    asyncio.run(run())
    assert heard == ["first", "second"]
