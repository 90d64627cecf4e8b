"""The service as a Sanic application, with gunicorn to start and stop its processes."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from time import monotonic
from types import SimpleNamespace
from typing import Protocol, cast

from gunicorn.workers.base import Worker
from sanic import HTTPResponse, Request, Sanic
from sanic.config import Config
from sanic.exceptions import RequestCancelled, SanicException
from sanic.http import Http
from sanic.response import BaseHTTPResponse
from sanic.server.protocols.http_protocol import HttpProtocol

from ..template import info, logs, web
from ..template.deadlines import sent_within
from ..template.exchange import Exchange
from ..template.predictor import Predictor
from ..template.problems import Rejected, too_large
from ..template.processes import KEEP_ALIVE_SECONDS, Server
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import Answer, broken, refused, rejected

REQUIREMENTS = ("sanic>=24.12", "gunicorn>=23")
UNTYPED = ("gunicorn.*",)

NO_LIMIT_SECONDS = 24 * 3600
"""How long loading and a prediction may take: as long as in every other framework."""

TICK_SECONDS = 0.1
"""How soon it is noticed that the process is told to stop."""

App = Sanic[Config, SimpleNamespace]


class Routes:
    """The routes' handlers, and the model's life cycle."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def start(self, app: App) -> None:
        """Load the model before the first request is accepted."""
        self._service.start()

    async def leave(self, app: App) -> None:
        """Be ready no more, before the server stops listening."""
        self._service.leave()
        await asyncio.sleep(self._service.settings.drain_seconds)

    async def stop(self, app: App) -> None:
        """Drop the model after the last request."""
        self._service.stop()

    def add(self, app: App) -> None:
        for path in self._service.operations:
            app.add_route(partial(self._answer, path), path, methods=["POST"], name=_name(path), stream=True)
        for path in self._service.pages:
            app.add_route(partial(self._shown, path), path, methods=["GET", "HEAD"], name=_name(path))

    async def _answer(self, path: str, request: Request) -> HTTPResponse:
        header = request.headers.get
        self._service.admit(path, header)
        settings = self._service.settings
        with sent_within(settings.read_seconds):
            body = await _body(request, settings.max_body_bytes)
        return _response(await self._service.answer(web.Request(path, request.query_string, header, body)))

    async def _shown(self, path: str, request: Request) -> HTTPResponse:
        return _response(self._service.show(path, request.headers.get))


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> App:
    """The application, by default with its settings from the environment; `sanic --factory` takes it too."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    service = Service(settings, load)
    routes = Routes(service)
    app = Sanic(info.NAME, configure_logging=False, strict_slashes=True)
    app.config.AUTO_EXTEND = False
    app.config.REQUEST_MAX_SIZE = settings.max_body_bytes
    app.config.REQUEST_TIMEOUT = settings.read_seconds
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    app.config.RESPONSE_TIMEOUT = NO_LIMIT_SECONDS
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = settings.shutdown_seconds
    app.before_server_start(routes.start)
    app.before_server_stop(routes.leave)
    app.after_server_stop(routes.stop)
    app.register_middleware(partial(_arrived, service), "request")
    app.register_middleware(_answered, "response")
    app.error_handler.add(Rejected, _rejected)
    app.error_handler.add(SanicException, _refused)
    app.error_handler.add(RequestCancelled, _left)
    app.error_handler.add(Exception, _broken)
    routes.add(app)
    return app


class Listening(Protocol):
    """What is asked of Sanic's server, whose own methods have no types."""

    connections: Collection[HttpProtocol]

    def startup(self) -> Awaitable[None]: ...
    def before_start(self) -> Awaitable[None]: ...
    def start_serving(self) -> Awaitable[None]: ...
    def after_start(self) -> Awaitable[None]: ...
    def before_stop(self) -> Awaitable[None]: ...
    def close(self) -> object: ...
    def after_stop(self) -> Awaitable[None]: ...


class SanicWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """A process of gunicorn's in which Sanic's own server listens."""

    def run(self) -> None:
        self.wsgi.setup_loop()
        asyncio.run(self._serve(self.wsgi))

    async def _serve(self, app: App) -> None:
        # The model is not loaded yet: where that fails, another process would fail as well.
        self.booted = False
        # Not `Sanic.serve_single`, which loses a signal that comes while it starts.
        made = await app.create_server(
            sock=self.sockets[0].sock,
            return_asyncio_server=True,
            access_log=False,
            asyncio_server_kwargs={"start_serving": False},
        )
        server = cast(Listening, made)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        await server.after_start()
        self.booted = True
        while self.alive and self.ppid == os.getppid():
            await asyncio.sleep(TICK_SECONDS)
        await server.before_stop()
        server.close()
        await _answered_within(app.config.GRACEFUL_SHUTDOWN_TIMEOUT, server.connections)
        await server.after_stop()


async def _answered_within(seconds: float, connections: Collection[HttpProtocol]) -> None:
    """Wait until each connection has the answer that it waits for."""
    deadline = monotonic() + seconds
    while connections and monotonic() < deadline:
        for connection in [*connections]:
            connection.close_if_idle()
        await asyncio.sleep(TICK_SECONDS)


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    Server(settings, SanicWorker, 1, create_app).run()


async def _body(request: Request, limit: int) -> bytes:
    """The body; Rejected as soon as it is known to be longer than `limit` bytes."""
    body = bytearray()
    assert isinstance(request.stream, Http)
    while part := await request.stream.read():
        body += part
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


async def _arrived(service: Service, request: Request) -> HTTPResponse | None:
    """Give the request its id; the answer to one that needs no route."""
    current = Exchange(service, request.method, request.path, request.headers.get)
    request.ctx.current = current.__enter__()
    if current.preflight:
        return _response(current.preflight)
    return None


async def _answered(request: Request, response: BaseHTTPResponse) -> None:
    """Tell the client the request's id, and log how it ended."""
    current: Exchange | None = getattr(request.ctx, "current", None)
    if current is None:
        # What is no HTTP has not become a request.
        return
    current.status = response.status
    response.headers.update(current.headers)
    if current.last:
        assert isinstance(request.stream, Http)
        request.stream.keep_alive = False
    current.__exit__()


def _rejected(request: Request, error: Rejected) -> HTTPResponse:
    if error.status == 408:
        # Else Sanic would go on waiting for the body before it answers.
        assert isinstance(request.stream, Http)
        request.stream.request_body = None
        request.stream.keep_alive = False
    return _response(rejected(error))


def _refused(request: Request, error: SanicException) -> HTTPResponse:
    # Sanic looks for `/predict` when it is asked for `/predict/`, and then at the verb.
    allow = error.headers.get("Allow")
    status = 404 if request.path.endswith("/") else error.status_code
    return _response(refused(status, *([("allow", allow)] if allow else [])))


def _left(request: Request, error: RequestCancelled) -> HTTPResponse:
    """The client went away before it had its answer: this one is for the log."""
    return _response(rejected(Rejected(400, "bad-request", "the client went away")))


def _broken(request: Request, error: Exception) -> HTTPResponse:
    return _response(broken(error))


def _response(found: Answer) -> HTTPResponse:
    return HTTPResponse(found.body, found.status, dict(found.headers), found.content_type)


def _name(path: str) -> str:
    """A route's name, which Sanic wants to be one word."""
    return re.sub(r"\W", "_", path, flags=re.ASCII).strip("_") or "root"
