"""The service of a model some of whose columns are what other models answer to the same row."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from ..template.problems import Rejected
from ..template.schema import Features, Row
from ..template.service import Service
from ..template.typed import located
from .feeding import Feeder, columns

FEEDS: dict[str, tuple[str, str, str]] = {"number": ("other", "predict", "")}
"""Such columns, each with the model that is asked for it, the method, and the class whose number it is, if any."""


class FedService(Service):
    """Asks these models before its own."""

    feeders: Mapping[str, Feeder]

    async def _asked(self, method: str, rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
        found = [self.feeders[model].feed(asked, rows) for model, asked, _ in FEEDS.values()]
        return await super()._asked(method, completed(rows, await asyncio.gather(*found)))

    def _asked_now(self, method: str, rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
        found = [self.feeders[model].feed_now(asked, rows) for model, asked, _ in FEEDS.values()]
        return super()._asked_now(method, completed(rows, found))


def completed(rows: Sequence[Row], found: Sequence[Sequence[object]]) -> list[Features]:
    """The model's columns, of a request's rows and the answers for each column; Rejected where it takes no such."""
    fed = [filled(answers) for answers in zip(*found, strict=True)]
    made = [columns(row, Features) | answers for row, answers in zip(rows, fed, strict=True)]
    try:
        return msgspec.convert(made, list[Features])
    except msgspec.ValidationError as error:
        message, field = located(str(error))
        text = f"the model does not accept what another one answers: {message}"
        raise Rejected(422, "refused-by-model", text, field) from None


def filled(answers: Sequence[object]) -> dict[str, object]:
    """The columns of one row that others answer."""
    return {
        column: answer[label] if isinstance(answer, dict) else answer
        for (column, (*_, label)), answer in zip(FEEDS.items(), answers, strict=True)
    }
