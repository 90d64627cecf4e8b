"""Requests that share a batch get their own answers, their own errors, and none that they did not wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import msgspec
import pytest
from deployc.targets.project.template.batches import Batcher
from deployc.targets.project.template.metrics import Metrics
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.queued import Answers
from deployc.targets.project.template.schema import Prediction, Row
from deployc.targets.project.template.settings import Settings
from deployc.targets.project.template.threads import ThreadBatcher
from hypothesis import given
from hypothesis import strategies as st

Request = list[float]
BAD = -1.0


@dataclass(frozen=True)
class Echo:
    """A model that answers each row's number, refuses BAD, and keeps what it was asked."""

    batches: list[int] = field(default_factory=list)
    hold: Event | None = None

    def __call__(self, method: str, rows: Sequence[Row]) -> Answers:
        self.batches.append(len(rows))
        if self.hold:
            assert self.hold.wait(60)
        if any(row.number == BAD for row in rows):
            raise ValueError("bad")
        return [Prediction(f"{method} {row.number}") for row in rows]


def rows_of(request: Request) -> list[Row]:
    return [Row(number=number) for number in request]


def expected(method: str, request: Request) -> list[str] | str:
    return "bad" if BAD in request else [f"{method} {number}" for number in request]


def shown(answers: Sequence[msgspec.Struct]) -> list[object]:
    return [msgspec.to_builtins(answer)["prediction"] for answer in answers]


def in_a_loop(model: Echo, settings: Settings, requests: Sequence[tuple[str, Request]]) -> list[list[object] | str]:
    async def run() -> list[list[object] | str]:
        batcher = Batcher(model, settings, Metrics().of("model"))

        async def one(method: str, request: Request) -> list[object] | str:
            try:
                return shown(await batcher.ask(method, rows_of(request)))
            except ValueError as error:
                return str(error)

        return await asyncio.gather(*(one(*request) for request in requests))

    return asyncio.run(run())


def in_threads(model: Echo, settings: Settings, requests: Sequence[tuple[str, Request]]) -> list[list[object] | str]:
    batcher = ThreadBatcher(model, settings, Metrics().of("model"))

    def one(request: tuple[str, Request]) -> list[object] | str:
        try:
            return shown(batcher.ask(request[0], rows_of(request[1])))
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, requests))


WAYS = (in_a_loop, in_threads)
Way = Callable[[Echo, Settings, Sequence[tuple[str, Request]]], list[list[object] | str]]
numbers = st.sampled_from([BAD, 1.0, 2.0, 3.0, 4.0, 5.0])
requests = st.tuples(st.sampled_from(["predict", "transform"]), st.lists(numbers, min_size=1, max_size=5))


@pytest.mark.parametrize("way", WAYS)
@given(asked=st.lists(requests, max_size=20), max_batch=st.integers(1, 8))
def test_each_request_gets_what_it_would_get_alone(way: Way, asked: list[tuple[str, Request]], max_batch: int) -> None:
    model = Echo()
    found = way(model, Settings(max_batch=max_batch), asked)
    assert found == [expected(*request) for request in asked]
    longest = max((len(request) for _, request in asked), default=0)
    assert all(rows <= max(max_batch, longest) for rows in model.batches)


def test_what_arrives_in_one_turn_of_the_loop_is_one_batch() -> None:
    model = Echo()
    in_a_loop(model, Settings(), [("predict", [float(i)]) for i in range(50)])
    assert model.batches == [50]


@dataclass
class Timed:
    """A model that takes the same time for any rows, by a clock of its own; `hiccups` are longer calls to come."""

    seconds: float
    hiccups: list[float] = field(default_factory=list)
    now: float = 0.0
    batches: list[int] = field(default_factory=list)

    def __call__(self, method: str, rows: Sequence[Row]) -> Answers:
        self.batches.append(len(rows))
        self.now += self.hiccups.pop() if self.hiccups else self.seconds
        return [Prediction(row.number) for row in rows]


def asked_in_turns(model: Timed, turns: Sequence[int]) -> list[int]:
    """So many requests at once in each turn, by clients that wait for their answers; how many rows each call had."""

    async def run() -> None:
        batcher = Batcher(model, Settings(), Metrics().of("model"), clock=lambda: model.now)
        for count in turns:
            await asyncio.gather(*(batcher.ask("predict", rows_of([1.0])) for _ in range(count)))

    asyncio.run(run())
    return model.batches


def test_a_model_that_is_faster_than_a_batch_is_asked_for_each_request() -> None:
    assert asked_in_turns(Timed(10e-6), [32, 32, 32]) == [32, 1, 31, *[1] * 32]


def test_a_model_that_is_fast_is_asked_by_the_first_of_a_turn_and_for_the_others_together() -> None:
    one, many = [1] * 4, [32] * 3
    assert asked_in_turns(Timed(100e-6), [*one, *many, *one]) == [*one, 1, 31, 1, 31, 1, 31, *one]


def test_a_model_that_is_slower_than_a_batch_is_asked_for_all_that_wait() -> None:
    assert asked_in_turns(Timed(700e-6), [32] * 10) == [32, 1, 31, 1, 31, 32, 32, 1, 31, *[32] * 4]


def test_a_model_that_holds_up_the_loop_is_never_tried_alone() -> None:
    assert asked_in_turns(Timed(0.1), [32] * 10) == [32] * 10


def test_clients_that_ask_again_and_again_come_to_share_a_batch() -> None:
    model = Timed(0.001)

    async def run() -> None:
        batcher = Batcher(model, Settings(), Metrics().of("model"), clock=lambda: model.now)

        async def client(late: int) -> None:
            for _ in range(late):
                await asyncio.sleep(0)
            for _ in range(20):
                await batcher.ask("predict", rows_of([1.0]))
                # A server takes some turns to send an answer and to read what comes next.
                await asyncio.sleep(0)
                await asyncio.sleep(0)

        await asyncio.gather(*(client(late=i % 2 * 2) for i in range(16)))

    asyncio.run(run())
    assert max(model.batches) == 16
    assert sum(model.batches) == 20 * 16


@pytest.mark.parametrize(
    ("hiccups", "calls"), [([1.0] * 2, [1, 2]), ([1.0] * 3, [3])], ids=["two slow calls", "three slow calls"]
)
def test_slow_calls_are_believed_when_there_are_several(hiccups: list[float], calls: list[int]) -> None:
    model = Timed(40e-6)

    async def run() -> None:
        batcher = Batcher(model, Settings(), Metrics().of("model"), clock=lambda: model.now)

        async def asked(count: int) -> None:
            await asyncio.gather(*(batcher.ask("predict", rows_of([1.0])) for _ in range(count)))

        for _ in range(2):
            await asked(3)
        model.hiccups.extend(hiccups)
        for _ in hiccups:
            await asked(1)
        model.batches.clear()
        await asked(3)
        assert model.batches == calls
        await asked(1)
        await asked(4)
        assert model.batches == [*calls, 1, 1, 3]

    asyncio.run(run())


def test_a_bad_request_is_found_in_few_calls() -> None:
    model = Echo()
    in_a_loop(model, Settings(), [("predict", [BAD if i == 7 else 1.0]) for i in range(64)])
    assert len(model.batches) == 1 + 2 * 6


@pytest.mark.parametrize(("rows", "status"), [(7, None), (8, 503)])
def test_a_request_that_the_queue_has_no_room_for_is_turned_away(rows: int, status: int | None) -> None:
    async def run() -> None:
        batcher = Batcher(Echo(), Settings(max_queue=8), Metrics().of("model"))
        first = asyncio.ensure_future(batcher.ask("predict", rows_of([1.0])))
        second = asyncio.ensure_future(batcher.ask("predict", rows_of([2.0] * rows)))
        assert shown(await first) == ["predict 1.0"]
        if status is None:
            assert len(await second) == rows
            return
        with pytest.raises(Rejected) as caught:
            await second
        assert (caught.value.status, dict(caught.value.headers)) == (status, {"retry-after": "1"})

    asyncio.run(run())


def test_a_request_that_is_larger_than_the_queue_is_answered_when_nobody_waits() -> None:
    found = in_a_loop(Echo(), Settings(max_queue=2, max_batch=2), [("predict", [1.0, 2.0, 3.0])])
    assert found == [["predict 1.0", "predict 2.0", "predict 3.0"]]


def test_who_waits_too_long_is_told_so_and_the_next_is_answered() -> None:
    model = Echo(hold=Event())

    async def run() -> None:
        assert model.hold
        batcher = Batcher(model, Settings(timeout_seconds=0), Metrics().of("model"))
        with pytest.raises(Rejected) as caught:
            await batcher.ask("predict", rows_of([1.0]))
        assert caught.value.status == 504
        model.hold.set()

    asyncio.run(run())
    batcher = ThreadBatcher(held := Echo(hold=Event()), Settings(timeout_seconds=0), Metrics().of("model"))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(batcher.ask, "predict", rows_of([1.0]))
        while not held.batches:
            pass
        with pytest.raises(Rejected, match="within 0 seconds"):
            batcher.ask("predict", rows_of([2.0]))
        assert held.hold
        held.hold.set()
        assert shown(first.result()) == ["predict 1.0"]
    assert held.batches == [1]


def test_the_rows_of_a_client_that_left_are_not_asked() -> None:
    model = Echo(hold=Event())

    async def run() -> None:
        assert model.hold
        batcher = Batcher(model, Settings(), Metrics().of("model"))
        first = asyncio.ensure_future(batcher.ask("predict", rows_of([1.0])))
        while not model.batches:
            await asyncio.sleep(0)
        left = asyncio.ensure_future(batcher.ask("predict", rows_of([2.0, 3.0])))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.sleep(0)
        model.hold.set()
        assert shown(await first) == ["predict 1.0"]
        assert shown(await batcher.ask("predict", rows_of([4.0]))) == ["predict 4.0"]

    asyncio.run(run())
    assert model.batches == [1, 1]
