"""This model as one of those behind the service, which answers below the model's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ..template.info import Info, with_libraries
from ..template.metrics import Metrics
from ..template.predictor import Predictor
from ..template.service import Service
from ..template.settings import Settings
from .feeding import Feeder, taken, values


class Part(Service):
    """What this model is asked, from start to stop."""

    def __init__(self, settings: Settings, metrics: Metrics, feeders: Mapping[str, Feeder]) -> None:
        super().__init__(settings, Predictor.load, metrics=metrics)
        self.feeders = feeders

    @property
    def told(self) -> Info:
        """What is served, with the versions of its libraries."""
        return with_libraries(self.about)

    async def feed(self, method: str, rows: Sequence[msgspec.Struct]) -> list[object]:
        """What is answered to its columns in rows of a request to another model."""
        return values(await self._asked(method, taken(rows)))

    def feed_now(self, method: str, rows: Sequence[msgspec.Struct]) -> list[object]:
        """The same, in a thread that may be held up."""
        return values(self._asked_now(method, taken(rows)))
