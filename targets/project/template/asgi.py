"""ASGI without a framework: the service's own routes, request ids, and the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from functools import partial
from importlib.util import find_spec
from typing import Any  # what a message holds depends on its type, which no type says

import uvicorn

from .deadlines import Alarms, once_it_waits, sent_within
from .exchange import Exchange
from .express import EXPRESS, Express
from .problems import Rejected, too_large
from .service import Service
from .settings import Settings
from .web import Answer, Header, Request, broken, looked_up, refused, rejected

# The same types as starlette's and uvicorn's.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

CLOSE = ((b"connection", b"close"),)
"""What the server closes a connection for, once its answer is sent."""

LISTEN_SECONDS = 0.1
"""What takes no longer is answered whether or not the client is still there."""


class Disconnected(Exception):
    """The client went away before it had its answer."""


class Endpoints:
    """The service's routes, with nothing between the server and the predictor."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._patience = Alarms(LISTEN_SECONDS)

    def __contains__(self, path: str) -> bool:
        return path in self._service.operations or path in self._service.pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to one of the routes."""
        try:
            answer = await self._answer(scope, receive)
        except Rejected as error:
            answer = rejected(error)
        await respond(send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        verb, path, service = scope["method"], scope["path"], self._service
        if path in service.operations:
            if verb != "POST":
                return refused(405, ("allow", "POST"))
            header = headers(scope)
            service.admit(path, header)
            body = await read_body(receive, service.settings)
            request = Request(path, scope["query_string"].decode("latin-1"), header, body)
            return await once_it_waits(service.answer(request), partial(Listening, receive, self._patience))
        if verb not in ("GET", "HEAD"):
            return refused(405, ("allow", "GET, HEAD"))
        return service.show(path, headers(scope))


class RequestContext:
    """Gives every request an id, logs how it ended, and lets no exception out to the client.

    With `express` the service's operations are answered past the application, which adds nothing to them.
    """

    def __init__(self, app: App, service: Service, *, express: bool = False) -> None:
        self._app = app
        self._service = service
        self._express = express

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan" and self._express:
                # Where connections find it, if the server's are our own.
                scope.setdefault("state", {})[EXPRESS] = Express(self._service)
            await self._app(scope, receive, send)
            return
        with Exchange(self._service, scope["method"], scope["path"], headers(scope)) as request:

            async def send_with_id(message: Message) -> None:
                if message["type"] == "http.response.start":
                    request.status = message["status"]
                    message["headers"] = [
                        *message["headers"],
                        *encoded(request.headers),
                        *(CLOSE if request.last else ()),
                    ]
                await send(message)

            if request.preflight:
                await respond(send_with_id, request.preflight)
                return
            try:
                await self._app(scope, receive, send_with_id)
            except Disconnected:
                logger.info("the client went away")
            except Exception as error:
                failure = broken(error)
                if not request.status:
                    await respond(send_with_id, failure)


def headers(scope: Scope) -> Header:
    """A request's headers, the last where there are several of a name."""
    return looked_up(scope["headers"])


async def read_body(receive: Receive, settings: Settings) -> bytes:
    """The body; Rejected as soon as it is known to be too long, or to come too slowly."""
    return await once_it_waits(_read(receive, settings.max_body_bytes), partial(sent_within, settings.read_seconds))


async def _read(receive: Receive, limit: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part: bytes = message.get("body", b"")
        # Nearly all bodies come in one message: those are not copied.
        body = body + part if body else part
        if len(body) > limit:
            raise too_large(limit)
        if not message.get("more_body", False):
            return body


class Listening:
    """A wait for an answer that is given up when the client goes away; Disconnected says so."""

    def __init__(self, receive: Receive, patience: Alarms) -> None:
        self._receive = receive
        self._patience = patience
        self._ear: asyncio.Task[None] | None = None
        self._left = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._patience.begin(self, self._listen)

    def __exit__(self, kind: object, error: object, *place: object) -> None:
        self._patience.end(self)
        if self._ear:
            self._ear.cancel()
        if self._left and isinstance(error, asyncio.CancelledError):
            raise Disconnected from None

    def _listen(self) -> None:
        self._ear = asyncio.get_running_loop().create_task(self._hear())

    async def _hear(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        assert self._task is not None
        self._task.cancel()


def encoded(named: Iterable[tuple[str, str]]) -> Iterator[tuple[bytes, bytes]]:
    """Headers as they are sent."""
    return ((name.encode("latin-1"), value.encode("latin-1")) for name, value in named)


async def respond(send: Send, answer: Answer) -> None:
    """Send a whole answer."""
    described = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *encoded(answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": described})
    await send({"type": "http.response.body", "body": answer.body})


def run(application: str, settings: Settings) -> None:
    """Serve the application that a function makes, "module:function", until a signal says to stop."""
    uvicorn.run(
        application,
        factory=True,
        host=settings.host,
        port=settings.port,
        http=_connections(settings.read_seconds),
        workers=settings.workers,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
    )


def _connections(seconds: float) -> type[asyncio.Protocol] | str:
    """What uvicorn makes its connections with: by default its own, where httptools is not installed."""
    if find_spec("httptools") is None:
        return "auto"
    from .connections import connection

    # The head and the body may take that long each; who is later with the body has been answered before.
    return connection(2 * seconds)
