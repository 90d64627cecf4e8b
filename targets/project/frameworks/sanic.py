"""The service as a Sanic application, served by Sanic's own processes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from sanic import HTTPResponse, Request, Sanic
from sanic.config import Config
from sanic.exceptions import RequestCancelled, SanicException
from sanic.http import Http
from sanic.response import BaseHTTPResponse
from sanic.worker.loader import AppLoader
from sanic.worker.manager import WorkerManager

from ..template import info, logs, web
from ..template.deadlines import sent_within
from ..template.exchange import Exchange
from ..template.predictor import Predictor
from ..template.problems import Rejected, too_large
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import Answer, broken, refused, rejected

REQUIREMENTS = ("sanic>=24.12",)

NO_LIMIT_SECONDS = 24 * 3600
"""How long loading and a prediction may take: as long as in every other framework."""

App = Sanic[Config, SimpleNamespace]


class Routes:
    """The routes' handlers, and the model's life cycle."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def start(self, app: App) -> None:
        """Load the model before the first request is accepted."""
        self._service.start()

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
    app.config.RESPONSE_TIMEOUT = NO_LIMIT_SECONDS
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = settings.shutdown_seconds
    app.before_server_start(routes.start)
    app.after_server_stop(routes.stop)
    app.register_middleware(partial(_arrived, service), "request")
    app.register_middleware(_answered, "response")
    app.error_handler.add(Rejected, _rejected)
    app.error_handler.add(SanicException, _refused)
    app.error_handler.add(RequestCancelled, _left)
    app.error_handler.add(Exception, _broken)
    routes.add(app)
    return app


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    loader = AppLoader(factory=create_app)
    app = loader.load()
    alone = settings.workers == 1
    app.prepare(
        settings.host, settings.port, workers=settings.workers, single_process=alone, access_log=False, motd=False
    )
    if alone:
        Sanic.serve_single(primary=app)
    else:
        # In tenths of a second: a large model may take its time to load.
        WorkerManager.THRESHOLD = NO_LIMIT_SECONDS * 10
        Sanic.serve(primary=app, app_loader=loader)


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
    current: Exchange = request.ctx.current
    current.status = response.status
    response.headers.update(current.headers)
    current.__exit__()


def _rejected(request: Request, error: Rejected) -> HTTPResponse:
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
