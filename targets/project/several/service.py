"""The models behind one service: each answers below its own name, and all of them start and stop together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial

import msgspec

from ..template.info import NAME
from ..template.keys import PROTECTED, check_key
from ..template.metrics import Metrics
from ..template.pages import pages
from ..template.problems import Rejected
from ..template.settings import Settings
from ..template.tracing import Tracing
from ..template.web import Answer, Header, Operation, Request
from .about import About, v2_pages
from .index import index, shortened
from .openapi import MODELS, document
from .predictor import Model, Predictor

logger = logging.getLogger(__name__)


class Service:
    """All models from start to stop, what is asked of each, and what is asked of all."""

    def __init__(self, settings: Settings, load: Callable[[], Predictor]) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.models: dict[str, Model] = {}
        for name, make in load().parts.items():
            self.models[name] = make(settings, metrics=self.metrics, feeders=self.models)
        self._started_at: datetime | None = None
        self.leaving = False
        """Whether it is about to stop: no connection is to carry a further request."""
        self._places: dict[str, tuple[Model, str]] = {}
        """What each path of a model's is to the model itself."""
        self.operations: dict[str, Operation] = {}
        """What is asked with POST, by path."""
        self.pages: dict[str, Callable[[], Answer]] = {
            **pages(),
            **index(self.models),
            **shortened(self.models),
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/info": self._shown,
            "/openapi.json": partial(Answer, msgspec.json.encode(document())),
            **v2_pages(self._readyz),
        }
        """What is asked with GET, by path."""
        self.pages["/metrics"] = self.metrics.shown
        for name, model in self.models.items():
            self._place(name, model)
        self.tracing = Tracing(self.operations)

    def _place(self, name: str, model: Model) -> None:
        for path in (*model.operations, *model.pages):
            # Frameworks differ in what becomes of a / at the end.
            below = f"/{name}/page" if path == "/" else f"/{name}{path}"
            # A protocol that has models by name finds this one at the root too.
            for place in (below, *([path] if path.startswith(MODELS) else [])):
                self._places[place] = model, path
                if path in model.operations:
                    self.operations[place] = model.operations[path]
                else:
                    self.pages[place] = model.pages[path]

    def start(self) -> None:
        """Load all models, which has to come before the first request."""
        self.tracing.start()
        for name, model in self.models.items():
            model.start()
            logger.info("model ready", extra={"fields": {"model": name}})
        self._started_at = datetime.now(timezone.utc).replace(microsecond=0)

    def leave(self) -> None:
        """Be ready no more, so that no further requests are sent here: the server will stop listening."""
        self.leaving = True
        for model in self.models.values():
            model.leave()

    def stop(self) -> None:
        """Drop the models, after the last request."""
        self._started_at = None
        for model in self.models.values():
            model.stop()
        self.tracing.stop()

    def admit(self, path: str, header: Header) -> None:
        """Rejected where a request to one of the operations can be refused before its body is read."""
        model, own = self._places[path]
        model.admit(own, header)

    def show(self, path: str, header: Header) -> Answer:
        """The answer to a request for one of the pages; Rejected says why there is none."""
        if path in self._places:
            model, own = self._places[path]
            return model.show(own, header)
        if path in PROTECTED:
            check_key(header, self.settings.api_key)
        return self.pages[path]()

    async def answer(self, request: Request) -> Answer:
        """The answer to a request that was admitted; Rejected says why there is none."""
        model, own = self._places[request.path]
        return await model.answer(msgspec.structs.replace(request, path=own))

    def answer_now(self, request: Request) -> Answer:
        """The same, in a thread that may be held up."""
        model, own = self._places[request.path]
        return model.answer_now(msgspec.structs.replace(request, path=own))

    def model_of(self, path: str) -> Model:
        """The model that a request to one of the operations is for."""
        return self._places[path][0]

    def counted_as(self, path: str) -> str:
        """The path if it is one of the service's, as requests are counted by."""
        return path if path in self.operations or path in self.pages else "other"

    def _healthz(self) -> Answer:
        return Answer(b'{"status":"alive"}')

    def _readyz(self) -> Answer:
        if self._started_at is None:
            raise Rejected(503, "not-ready", "the models are not loaded")
        if self.leaving:
            raise Rejected(503, "stopping", "the service is about to stop")
        return Answer(b'{"status":"ready"}')

    def _shown(self) -> Answer:
        if self._started_at is None:
            raise Rejected(503, "not-ready", "the models are not loaded")
        models = {name: model.told for name, model in self.models.items()}
        return Answer(msgspec.json.encode(About(name=NAME, started_at=self._started_at, models=models)))
