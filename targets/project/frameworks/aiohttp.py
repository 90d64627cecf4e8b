"""The service as an aiohttp application, with gunicorn to start and stop its processes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, HttpProcessingError
from aiohttp.typedefs import Middleware

from ..template import logs
from ..template.deadlines import sent_within
from ..template.exchange import Exchange
from ..template.predictor import Predictor
from ..template.problems import Rejected, too_large
from ..template.processes import KEEP_ALIVE_SECONDS, Server
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import Answer, Request, broken, refused, rejected

REQUIREMENTS = ("aiohttp>=3.14.4", "gunicorn>=23", "uvloop>=0.19")
UNTYPED = ("gunicorn.*",)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger(__name__)


def clients_fault(record: logging.LogRecord) -> bool:
    """Log that a client does not speak HTTP as what it is: no error of the service's, and nothing to trace."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
        record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
    return True


class Routes:
    """The routes' handlers, and the model's life cycle."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def lifespan(self, app: web.Application) -> AsyncIterator[None]:
        """Load the model before the first request is accepted, and drop it after the last."""
        self._service.start()
        yield
        self._service.stop()

    def table(self) -> list[web.RouteDef]:
        methods = [web.post(path, partial(self._answer, path)) for path in self._service.operations]
        return [*methods, *(web.get(path, partial(self._shown, path)) for path in self._service.pages)]

    async def _answer(self, path: str, request: web.Request) -> web.StreamResponse:
        header = request.headers.get
        self._service.admit(path, header)
        settings = self._service.settings
        with sent_within(settings.read_seconds):
            body = await _body(request, settings.max_body_bytes)
        return _response(await self._service.answer(Request(path, request.rel_url.raw_query_string, header, body)))

    async def _shown(self, path: str, request: web.Request) -> web.StreamResponse:
        return _response(self._service.show(path, request.headers.get))


def request_context(service: Service) -> Middleware:
    """What gives a request its id, logs how it ended, and makes an answer of each exception."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        with Exchange(service, request.method, request.path, request.headers.get) as current:
            if current.preflight:
                return _ended(current, _response(current.preflight))
            return _ended(current, await _answered(request, handler))

    return around


def _ended(current: Exchange, response: web.StreamResponse) -> web.StreamResponse:
    response.headers.update(current.headers)
    current.status = response.status
    if current.last:
        response.force_close()
    return response


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> web.Application:
    """The application, by default with its settings from the environment; `aiohttp.web.run_app` takes it too."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    return application(Service(settings, load))


def application(service: Service) -> web.Application:
    """The routes, and the model's life cycle."""
    routes = Routes(service)
    logging.getLogger("aiohttp.server").addFilter(clients_fault)
    app = web.Application(middlewares=[request_context(service)])
    app.cleanup_ctx.append(routes.lifespan)
    app.add_routes(routes.table())
    return app


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""

    async def runner() -> web.AppRunner:
        service = Service(settings, Predictor.load)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, partial(_leave, service))
        # A compressed body is refused, not expanded.
        return web.AppRunner(
            application(service),
            access_log=None,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            auto_decompress=False,
            handler_cancellation=True,
            shutdown_timeout=settings.shutdown_seconds,
        )

    Server(settings, "aiohttp.GunicornUVLoopWebWorker", 1, lambda: runner).run()


def _leave(service: Service) -> None:
    """Be ready no more, and stop a little later: to aiohttp's worker SIGINT says what SIGTERM would have said."""
    service.leave()
    asyncio.get_running_loop().call_later(service.settings.drain_seconds, signal.raise_signal, signal.SIGINT)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Rejected as error:
        return _response(rejected(error))
    except web.HTTPException as error:
        allow = error.headers.get("Allow")
        return _response(refused(error.status, *([("allow", allow)] if allow else [])))
    except ConnectionError:
        logger.info("the client went away")
        raise
    except Exception as error:
        return _response(broken(error))


async def _body(request: web.Request, limit: int) -> bytes:
    """The body; Rejected as soon as it is known to be longer than `limit` bytes."""
    body = bytearray()
    try:
        async for part in request.content.iter_any():
            body += part
            if len(body) > limit:
                raise too_large(limit)
    except (BadHttpMessage, web.RequestPayloadError):
        raise Rejected(400, "bad-request", "the body is not whole") from None
    return bytes(body)


def _response(found: Answer) -> web.Response:
    headers = {"Content-Type": found.content_type, **dict(found.headers)}
    return web.Response(body=found.body, status=found.status, headers=headers)
