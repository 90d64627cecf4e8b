"""What stands in for the functions and methods of the same first words around the model, by the user's hooks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any  # what `post` answers is of a class of the user's

from . import web
from .hooks import GIVEN, Answers, as_request, as_seen, concluded, features, fitting, given, prepared, refusals
from .own import (
    post_alone,
    post_alone_async,
    post_async,
    pre_async,
    pre_rows,
    pre_rows_async,
    startup_async,
)
from .predictor import Predictor
from .schema import Features, Row
from .scoring import Ask
from .service import Service
from .settings import PREFIX, Settings
from .waiting import HookedService, concluding, preparing, running_loop, within
from .web import Answer, Call, Operation

FILE = "file"
"""What is asked by no request, but for rows of a file."""
PATIENCE = 365 * 24 * 3600
"""Seconds; nobody waits for the answer to a file's rows."""


class Inline(Service):
    """Methods of the service whose hooks do not wait."""

    def start_async(self) -> None:
        # In a thread, since the server's own loop may run in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, startup_async()).result()
        super().start()

    async def answered_before(self, call: Call) -> Answer | Call:
        return call.answer(await self._asked(call.method, prepared(call.rows)))

    async def answered_after(self, call: Call) -> Answer | Call:
        if call.method != "predict":
            return call.answer(await self._asked(call.method, call.rows))
        answers = {method: await self._asked(method, call.rows) for method in ("predict", *GIVEN.values())}
        return call.answer(concluded(call.rows, answers))

    async def answered_around(self, call: Call) -> Answer | Call:
        rows = prepared(call.rows)
        if call.method != "predict":
            return call.answer(await self._asked(call.method, rows))
        answers = {method: await self._asked(method, rows) for method in ("predict", *GIVEN.values())}
        return call.answer(concluded(call.rows, answers))

    def answered_now_before(self, call: Call) -> Answer | Call:
        return call.answer(self._asked_now(call.method, prepared(call.rows)))

    def answered_now_after(self, call: Call) -> Answer | Call:
        if call.method != "predict":
            return call.answer(self._asked_now(call.method, call.rows))
        answers = {method: self._asked_now(method, call.rows) for method in ("predict", *GIVEN.values())}
        return call.answer(concluded(call.rows, answers))

    def answered_now_around(self, call: Call) -> Answer | Call:
        rows = prepared(call.rows)
        if call.method != "predict":
            return call.answer(self._asked_now(call.method, rows))
        answers = {method: self._asked_now(method, rows) for method in ("predict", *GIVEN.values())}
        return call.answer(concluded(call.rows, answers))


class Waiting(HookedService):
    """Methods of the service whose hooks wait."""

    def start_async(self) -> None:
        self._loop = running_loop()
        asyncio.run_coroutine_threadsafe(startup_async(), self._loop).result()
        super().start()

    def start_plain(self) -> None:
        self._loop = running_loop()
        super().start()

    async def answering_before(self, call: Call) -> Answer | Call:
        rows = await within(preparing(call.rows))
        return call.answer(await self._asked(call.method, rows))

    async def answering_after(self, call: Call) -> Answer | Call:
        if call.method != "predict":
            return call.answer(await self._asked(call.method, call.rows))
        methods = ("predict", *GIVEN.values())
        answers = {method: await self._asked(method, call.rows) for method in methods}
        return call.answer(await within(concluding(call.rows, answers)))


@contextmanager
def asking_served() -> Iterator[Ask]:
    logging.getLogger(__package__).setLevel(logging.ERROR)
    # What a service is told by its environment is none of a file's.
    told = Settings.from_environment({f"{PREFIX}API_KEY": "none"})
    service = Service(replace(told, timeout_seconds=PATIENCE), Predictor.load)
    service.start()
    try:
        yield partial(answered_as_request, service)
    finally:
        service.stop()


def answered_as_request(service: Service, method: str, rows: Sequence[Row]) -> Sequence[object]:
    """What a request with these rows is answered; Rejected says why there is no answer."""
    found: list[object] = []

    def keep(answers: Sequence[object]) -> Answer:
        found.extend(answers)
        return Answer(b"")

    service.operations[FILE] = Operation(lambda request: Call(method, rows, keep))
    service.answer_now(web.Request(FILE, "", lambda name: None, b""))
    return found


def prepared_rows(rows: Sequence[Row]) -> list[Features]:
    with refusals(0, ()):
        made = pre_rows([*map(as_request, rows)])
    return one_each([*map(features, made)], rows)


def features_mapping(made: Mapping[str, object]) -> Features:
    return fitting(made)


def concluded_alone(rows: Sequence[Row], answers: Answers) -> list[Any]:
    made = []
    for place in range(len(rows)):
        with refusals(place, rows):
            made.append(post_alone(**given(answers, place)))
    return made


async def preparing_async(rows: Sequence[Row]) -> list[Features]:
    async def one(place: int) -> Features:
        with refusals(place, rows):
            made = await pre_async(as_request(rows[place]))
        return features(made)

    return await asyncio.gather(*map(one, range(len(rows))))


async def preparing_rows_async(rows: Sequence[Row]) -> list[Features]:
    with refusals(0, ()):
        made = await pre_rows_async([*map(as_request, rows)])
    return one_each([*map(features, made)], rows)


async def concluding_async(rows: Sequence[Row], answers: Answers) -> list[Any]:
    async def one(place: int) -> Any:
        with refusals(place, rows):
            return await post_async(row=as_seen(rows[place]), **given(answers, place))

    return await asyncio.gather(*map(one, range(len(rows))))


async def concluding_alone_async(rows: Sequence[Row], answers: Answers) -> list[Any]:
    async def one(place: int) -> Any:
        with refusals(place, rows):
            return await post_alone_async(**given(answers, place))

    return await asyncio.gather(*map(one, range(len(rows))))


def one_each(made: list[Features], rows: Sequence[Row]) -> list[Features]:
    """The rows that `pre` made; RuntimeError where they are not as many as it was given."""
    if len(made) != len(rows):
        raise RuntimeError(f"`pre` gave {len(made)} rows for {len(rows)}")
    return made
