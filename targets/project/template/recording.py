"""The service with a payload log around what is asked of it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from .payloads import PayloadLog, place
from .predictor import Predictor
from .service import Service
from .settings import Settings
from .web import Answer, Request


class RecordingService(Service):
    """The service, a sample of whose requests is logged."""

    def __init__(self, settings: Settings, load: Callable[[], Predictor]) -> None:
        super().__init__(settings, load)
        self._payloads = PayloadLog(place(settings), settings.payload_sample, metrics=self.metrics)
        watched = {path: self._payloads.watched(o.decode) for path, o in self.operations.items()}
        self.operations = {path: replace(o, decode=watched[path]) for path, o in self.operations.items()}

    def start(self) -> None:
        """Begin to log, and load the model."""
        self._payloads.start()
        super().start()

    def stop(self) -> None:
        """Drop the model, after the last request, and write what waits to be logged."""
        super().stop()
        self._payloads.stop()

    async def answer(self, request: Request) -> Answer:
        with self._payloads.watching(self.about):
            return await super().answer(request)

    def answer_now(self, request: Request) -> Answer:
        with self._payloads.watching(self.about):
            return super().answer_now(request)
