"""The service as a FastAPI application: routes, life cycle and errors on top of the predictor."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

import msgspec
import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..template import info, logs
from ..template.openapi import document
from ..template.predictor import Method, Predictor, answer
from ..template.problems import Failure, Problem, Rejected, check_headers, too_large
from ..template.settings import Settings

REQUIREMENTS = ("fastapi>=0.115", "uvicorn>=0.30", "uvloop>=0.19; sys_platform != 'win32'", "httptools>=0.6")

INLINE_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


class Service:
    """The routes' handlers, and the model from start to stop."""

    def __init__(self, settings: Settings, load: Callable[[], Predictor]) -> None:
        self._settings = settings
        self._load = load
        self._loaded: Predictor | None = None
        self._info: bytes = b""

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Load the model before the first request is accepted, and drop it after the last."""
        started = perf_counter()
        self._info = msgspec.json.encode(info.read(self._settings.provenance))
        self._loaded = self._load()
        logger.info("model loaded", extra={"fields": {"seconds": round(perf_counter() - started, 3)}})
        yield
        self._loaded = None

    def routes(self) -> list[BaseRoute]:
        # Starlette's plain routes: what FastAPI adds to its own, pydantic has no part in here.
        return [
            Route("/predict", self.predict, methods=["POST"]),
            Route("/predict_proba", self.predict_proba, methods=["POST"]),
            Route("/decision_function", self.decision_function, methods=["POST"]),
            Route("/transform", self.transform, methods=["POST"]),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/info", self.info),
        ]

    async def predict(self, request: Request) -> Response:
        return await self._answer(request, self._predictor.predict)

    async def predict_proba(self, request: Request) -> Response:
        return await self._answer(request, self._predictor.predict_proba)

    async def decision_function(self, request: Request) -> Response:
        return await self._answer(request, self._predictor.decision_function)

    async def transform(self, request: Request) -> Response:
        return await self._answer(request, self._predictor.transform)

    async def healthz(self, request: Request) -> Response:
        return _json(b'{"status":"alive"}')

    async def readyz(self, request: Request) -> Response:
        _ = self._predictor
        return _json(b'{"status":"ready"}')

    async def info(self, request: Request) -> Response:
        _ = self._predictor
        return _json(self._info)

    @property
    def _predictor(self) -> Predictor:
        if self._loaded is None:
            raise Rejected(503, "not-ready", "the model is not loaded")
        return self._loaded

    async def _answer(self, request: Request, method: Method) -> Response:
        body = await _body(request, self._settings.max_body_bytes)
        # A thread costs a small request more than its prediction does, so that it is answered right here; a large one
        # would keep /healthz waiting.
        if len(body) <= INLINE_BYTES:
            return _json(answer(method, body))
        return _json(await run_in_threadpool(answer, method, body))


class Application(FastAPI):
    """FastAPI, which shows the service's own document at /docs and /openapi.json."""

    def openapi(self) -> dict[str, object]:
        return document()


class RequestContext:
    """Gives every request an id, logs how it ended, and lets no exception out to the client."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = logs.new_request_id(Headers(scope=scope).get("x-request-id", ""))
        token = logs.request_id.set(identity)
        started = perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = identity
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            logger.info("the client went away")
        except Exception:
            logger.exception("the request failed")
            if not status:
                failure = Failure(Problem("internal-error", "the request failed", request_id=identity))
                await _json(msgspec.json.encode(failure), 500)(scope, receive, send_with_id)
        finally:
            milliseconds = round((perf_counter() - started) * 1000, 2)
            fields = {"method": scope["method"], "path": scope["path"], "status": status, "milliseconds": milliseconds}
            logger.info("request", extra={"fields": fields})
            logs.request_id.reset(token)


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> FastAPI:
    """The application, by default with its settings from the environment; `uvicorn --factory` takes it too."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    service = Service(settings, load)
    app = Application(title=info.NAME, lifespan=service.lifespan, routes=service.routes(), redirect_slashes=False)
    app.add_middleware(RequestContext)
    app.add_exception_handler(Rejected, _rejected)
    app.add_exception_handler(HTTPException, _refused)
    return app


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    uvicorn.run(
        f"{__package__}.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
    )


async def _body(request: Request, limit: int) -> bytes:
    """The body; Rejected as soon as it is known to be longer than `limit` bytes or no JSON."""
    headers = request.headers
    check_headers(
        headers.get("content-type", ""), headers.get("content-encoding", ""), headers.get("content-length", ""), limit
    )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


async def _rejected(request: Request, error: Exception) -> Response:
    assert isinstance(error, Rejected)
    return _json(msgspec.json.encode(error.failure(logs.request_id.get())), error.status)


async def _refused(request: Request, error: Exception) -> Response:
    """What the framework itself refuses, such as an unknown path or a wrong method."""
    assert isinstance(error, HTTPException)
    code = error.detail.lower().replace(" ", "-")
    failure = Failure(Problem(code, error.detail, request_id=logs.request_id.get()))
    return Response(msgspec.json.encode(failure), error.status_code, error.headers, "application/json")


def _json(content: bytes, status: int = 200) -> Response:
    return Response(content, status, media_type="application/json")
