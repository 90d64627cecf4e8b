"""ASGI without a framework: bodies, answers, request ids, and the server."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any  # what a message holds depends on its type, which no type says

import uvicorn

from .problems import check_headers, too_large
from .service import Answer, broken, exchange
from .settings import Settings

# The same types as starlette's and uvicorn's.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)


class Disconnected(Exception):
    """The client went away before its body was read."""


class RequestContext:
    """Gives every request an id, logs how it ended, and lets no exception out to the client."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with exchange(scope["method"], scope["path"], header(scope, b"x-request-id")) as request:

            async def send_with_id(message: Message) -> None:
                if message["type"] == "http.response.start":
                    request.status = message["status"]
                    message["headers"] = [*message["headers"], (b"x-request-id", request.request_id.encode())]
                await send(message)

            try:
                await self._app(scope, receive, send_with_id)
            except Disconnected:
                logger.info("the client went away")
            except Exception as error:
                failure = broken(error)
                if not request.status:
                    await respond(send_with_id, failure)


def header(scope: Scope, name: bytes) -> str:
    """A header's value, the last if there are several; empty if there is none."""
    found: dict[bytes, bytes] = dict(scope["headers"])
    return found.get(name, b"").decode("latin-1")


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The body; Rejected as soon as it is known to be longer than `limit` bytes or no JSON."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    kind, encoding, length = (
        headers.get(name, b"").decode("latin-1") for name in (b"content-type", b"content-encoding", b"content-length")
    )
    check_headers(kind, encoding, length, limit)
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


async def respond(send: Send, answer: Answer, *headers: tuple[bytes, bytes]) -> None:
    described = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *headers,
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
        workers=settings.workers,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
    )
