"""What each route answers, and the model from start to stop: the same for every web framework."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from time import perf_counter

import msgspec

from . import info, invocations, typed, v2
from .batches import Batcher
from .categories import unknown_category
from .keys import PROTECTED, check_key
from .metrics import Metrics
from .openapi import document
from .pages import pages
from .predictor import Predictor, ask
from .problems import Rejected, check_headers
from .report import report_pages
from .schema import Row
from .settings import Settings
from .threads import ThreadBatcher
from .tracing import Tracing, phase
from .web import Answer, Call, Header, Operation, Request, form

INLINE_BYTES = 64 * 1024
"""A thread costs a small body more than its prediction does; a larger one would keep /healthz waiting."""

logger = logging.getLogger(__name__)


class Service:
    """The model from start to stop, what is asked of it, and what does not need it."""

    def __init__(self, settings: Settings, load: Callable[[], Predictor], metrics: Metrics | None = None) -> None:
        self.settings = settings
        self._load = load
        self._loaded: Predictor | None = None
        self._about: info.Info | None = None
        self.leaving = False
        """Whether it is about to stop: no connection is to carry a further request."""
        self.metrics = metrics or Metrics()
        counted = self.metrics.of(info.NAME)
        self._batcher = Batcher(self._ask, settings, metrics=counted)
        self._thread_batcher = ThreadBatcher(self._ask, settings, metrics=counted)
        self.operations: dict[str, Operation] = {
            **typed.operations(),
            **invocations.operations(),
            **v2.operations(),
        }
        """What is asked with POST, by path."""
        self.pages: dict[str, Callable[[], Answer]] = {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/info": self._shown,
            "/openapi.json": partial(Answer, msgspec.json.encode(document())),
            **invocations.pages(self._readyz),
            **v2.pages(self._readyz),
            **pages(),
            **report_pages(Path(__file__).with_name("artifact")),
        }
        """What is asked with GET, by path."""
        self.pages["/metrics"] = self.metrics.shown
        self.tracing = Tracing(self.operations)

    def start(self) -> None:
        """Load the model, which has to come before the first request."""
        started = perf_counter()
        now = datetime.now(timezone.utc).replace(microsecond=0)
        self._about = info.read(self.settings.provenance, now)
        self.metrics.about(self._about)
        self.tracing.start()
        self._loaded = self._load()
        # What is there now stays: there is no garbage among it to look for.
        gc.freeze()
        gc.enable()
        logger.info("model loaded", extra={"fields": {"seconds": round(perf_counter() - started, 3)}})

    def leave(self) -> None:
        """Be ready no more, so that no further requests are sent here: the server will stop listening."""
        self.leaving = True
        logger.info("told to stop", extra={"fields": {"drain_seconds": self.settings.drain_seconds}})

    def stop(self) -> None:
        """Drop the model, after the last request."""
        self._loaded = None
        self.tracing.stop()

    def admit(self, path: str, header: Header) -> None:
        """Rejected where a request to one of the operations can be refused before its body is read."""
        operation = self.operations[path]
        form.set(operation.form)
        check_key(header, self.settings.api_key)
        _ = self._predictor
        check_headers(header, operation.types, self.settings.max_body_bytes)

    def show(self, path: str, header: Header) -> Answer:
        """The answer to a request for one of the pages; Rejected says why there is none."""
        if path in PROTECTED:
            check_key(header, self.settings.api_key)
        return self.pages[path]()

    async def answer(self, request: Request) -> Answer:
        """The answer to a request that was admitted; Rejected says why there is none."""
        phase("decode")
        decode = self.operations[request.path].decode
        small = len(request.body) <= INLINE_BYTES
        found: Answer | Call = decode(request) if small else await asyncio.to_thread(decode, request)
        while isinstance(found, Call):
            found = await self._answered(found)
        return found

    def answer_now(self, request: Request) -> Answer:
        """The same, in a thread that may be held up."""
        phase("decode")
        found: Answer | Call = self.operations[request.path].decode(request)
        while isinstance(found, Call):
            found = self._answered_now(found)
        return found

    async def _answered(self, call: Call) -> Answer | Call:
        return call.answer(await self._asked(call.method, call.rows))

    def _answered_now(self, call: Call) -> Answer | Call:
        return call.answer(self._asked_now(call.method, call.rows))

    async def _asked(self, method: str, rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
        try:
            return await self._batcher.ask(method, rows) if rows else []
        except ValueError as error:
            raise refused_by_model(error, rows) from error

    def _asked_now(self, method: str, rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
        try:
            return self._thread_batcher.ask(method, rows) if rows else []
        except ValueError as error:
            raise refused_by_model(error, rows) from error

    def _ask(self, method: str, rows: Sequence[Row]) -> Sequence[msgspec.Struct]:
        return ask(self._predictor, method, rows)

    def counted_as(self, path: str) -> str:
        """The path if it is one of the service's, as requests are counted by."""
        return path if path in self.operations or path in self.pages else "other"

    @property
    def about(self) -> info.Info:
        """What is served; the versions of its libraries take a while to find, and are left out."""
        assert self._about
        return self._about

    @property
    def _predictor(self) -> Predictor:
        if self._loaded is None:
            raise Rejected(503, "not-ready", "the model is not loaded")
        return self._loaded

    def _healthz(self) -> Answer:
        return Answer(b'{"status":"alive"}')

    def _readyz(self) -> Answer:
        _ = self._predictor
        if self.leaving:
            raise Rejected(503, "stopping", "the service is about to stop")
        return Answer(b'{"status":"ready"}')

    def _shown(self) -> Answer:
        _ = self._predictor
        return Answer(msgspec.json.encode(info.with_libraries(self.about)))


def refused_by_model(error: ValueError, rows: Sequence[Row]) -> Rejected:
    """So the model's library says that it was given values which it cannot take, such as an unknown category."""
    logger.warning("the model refused the rows", exc_info=error)
    if rejected := unknown_category(rows):
        return rejected
    return Rejected(422, "refused-by-model", "the model does not accept these values")
