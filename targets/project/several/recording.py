"""The service of several models with a payload log around what is asked of each."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from ..template.payloads import PayloadLog, place
from ..template.settings import Settings
from ..template.web import Answer, Request
from .predictor import Predictor
from .service import Service


class RecordingService(Service):
    """The service, a sample of whose requests is logged: those to all models in one log."""

    def __init__(self, settings: Settings, load: Callable[[], Predictor]) -> None:
        super().__init__(settings, load)
        self._payloads = PayloadLog(place(settings), settings.payload_sample, metrics=self.metrics)
        for model in self.models.values():
            watched = {path: self._payloads.watched(o.decode) for path, o in model.operations.items()}
            model.operations = {path: replace(o, decode=watched[path]) for path, o in model.operations.items()}

    def start(self) -> None:
        """Begin to log, and load the models."""
        self._payloads.start()
        super().start()

    def stop(self) -> None:
        """Drop the models, after the last request, and write what waits to be logged."""
        super().stop()
        self._payloads.stop()

    async def answer(self, request: Request) -> Answer:
        with self._payloads.watching(self.model_of(request.path).about):
            return await super().answer(request)

    def answer_now(self, request: Request) -> Answer:
        with self._payloads.watching(self.model_of(request.path).about):
            return super().answer_now(request)
