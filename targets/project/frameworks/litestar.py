"""The service as a Litestar application."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast  # Litestar's requests are generic in users and state, which this service has none of

from litestar import HttpMethod, Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from ..template import logs, web
from ..template.asgi import (
    LISTEN_SECONDS,
    App,
    Disconnected,
    Listening,
    Receive,
    RequestContext,
    Scope,
    headers,
    read_body,
    run,
)
from ..template.deadlines import Alarms
from ..template.ending import announce
from ..template.predictor import Predictor
from ..template.problems import Rejected
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import Answer, broken, refused, rejected

REQUIREMENTS = ("litestar>=2.13", "uvicorn>=0.30", "uvloop>=0.19; sys_platform != 'win32'", "httptools>=0.6")

Handler = Callable[[Request[Any, Any, Any]], Awaitable[Response[bytes]]]


class Routes:
    """The routes' handlers, and the model's life cycle."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._patience = Alarms(LISTEN_SECONDS)

    @asynccontextmanager
    async def lifespan(self, app: Litestar) -> AsyncIterator[None]:
        """Load the model before the first request is accepted, and drop it after the last."""
        self._service.start()
        announce(self._service)
        yield
        self._service.stop()

    def handlers(self) -> list[HTTPRouteHandler]:
        operations = [_route(path, self._answer, HttpMethod.POST) for path in self._service.operations]
        return [
            *operations,
            *(_route(path, self._shown, HttpMethod.GET, HttpMethod.HEAD) for path in self._service.pages),
        ]

    async def _answer(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        scope = cast(Scope, request.scope)
        path, header = scope["path"], headers(scope)
        self._service.admit(path, header)
        body = await _body(request, self._service.settings)
        query = scope["query_string"].decode("latin-1")
        asked = web.Request(path, query, header, body)
        try:
            with Listening(cast(Receive, request.receive), self._patience):
                return _response(await self._service.answer(asked))
        except Disconnected:
            raise Rejected(400, "bad-request", "the client went away") from None

    async def _shown(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        scope = cast(Scope, request.scope)
        return _response(self._service.show(scope["path"], headers(scope)))


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> App:
    """The application, by default with its settings from the environment; `uvicorn --factory` takes it too."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    # Around the whole, as Litestar's own middleware does not see what no route takes.
    service = Service(settings, load)
    return RequestContext(cast(App, application(service)), service)


def application(service: Service) -> Litestar:
    """The routes and the errors; the documentation is the service's own."""
    routes = Routes(service)
    return Litestar(
        routes.handlers(),
        lifespan=[routes.lifespan],
        exception_handlers={Rejected: _rejected, HTTPException: partial(_refused, service), Exception: _broken},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
    )


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    run(f"{__package__}.app:create_app", settings)


def _route(path: str, handler: Handler, *verbs: HttpMethod) -> HTTPRouteHandler:
    allow = ", ".join(verbs)

    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        # Litestar takes `/predict/` for `/predict`.
        if request.scope["raw_path"] != b"/" and request.scope["raw_path"].endswith(b"/"):
            return _response(refused(404))
        if request.method not in verbs:
            return _response(refused(405, ("allow", allow)))
        return await handler(request)

    return HTTPRouteHandler(path, http_method=[*HttpMethod], status_code=200)(handle)


async def _body(request: Request[Any, Any, Any], settings: Settings) -> bytes:
    """The body; Rejected as soon as it is known to be too long, or to come too slowly."""
    try:
        return await read_body(cast(Receive, request.receive), settings)
    except Disconnected:
        raise Rejected(400, "bad-request", "the body is not whole") from None


def _rejected(request: Request[Any, Any, Any], error: Rejected) -> Response[bytes]:
    return _response(rejected(error))


def _refused(service: Service, request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if error.status_code != 405:
        return _response(refused(error.status_code))
    # Litestar knows not every verb, and of one that it does not know it says nothing more.
    return _response(refused(405, ("allow", "POST" if request.scope["path"] in service.operations else "GET, HEAD")))


def _broken(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return _response(broken(error))


def _response(found: Answer) -> Response[bytes]:
    # Litestar adds the charset of a text itself.
    kind = found.content_type.partition(";")[0]
    return Response(found.body, status_code=found.status, media_type=kind, headers=dict(found.headers))
