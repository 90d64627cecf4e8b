"""A request on the short way to the model: to uvicorn it is one like any other, but knows nothing of ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextvars import copy_context
from functools import lru_cache
from typing import Any  # what a coroutine waits for is known to its event loop alone

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .deadlines import rest
from .express import Express
from .web import Answer, Headers, looked_up

CLOSE: Headers = (("connection", "close"),)
UNHEARD = asyncio.Event()
"""What uvicorn tells that there is news for a request: one that is there as a whole waits for none."""


class Shortcut(RequestResponseCycle):
    """A request that is there as a whole, until it is answered or its client has left."""

    def __init__(self, connection: HttpToolsProtocol, express: Express, answered: Callable[[], None]) -> None:
        # No more than what uvicorn looks at is set, since that takes longer than to answer.
        self._connection = connection
        self._express = express
        self.on_response = answered
        self._task: asyncio.Task[None] | None = None
        self.message_event = UNHEARD
        self.disconnected = False
        self.response_complete = False
        self.keep_alive = True

    def begin(self, path: str, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Ask for its answer: here, and in a task only if that has to wait."""
        work = self._express.answer(path, looked_up(headers), body)
        context = copy_context()
        try:
            awaited = context.run(work.send, None)
        except StopIteration as ended:
            self._respond(*ended.value)
            return
        connection = self._connection
        self._task = task = context.run(connection.loop.create_task, self._later(work, awaited))
        connection.tasks.add(task)
        task.add_done_callback(connection.tasks.discard)

    def give_up(self) -> None:
        """Nobody waits for the answer any more."""
        if self._task:
            # One that has not begun would end without a word to the request that it is to wait for.
            self._connection.loop.call_soon(self._task.cancel, "the client went away")

    async def _later(self, work: Coroutine[Any, None, tuple[Answer, Headers]], awaited: Any) -> None:
        try:
            self._respond(*await rest(work, awaited))
        finally:
            if not self.response_complete:
                self._connection.transport.close()

    def _respond(self, answer: Answer, headers: Headers) -> None:
        connection = self._connection
        self.response_complete = True
        last = self._express.leaving or not self.keep_alive
        head = f"content-type: {answer.content_type}\r\ncontent-length: {len(answer.body)}\r\n"
        for name, value in (*answer.headers, *headers, *(CLOSE if last else ())):
            head += f"{name}: {value}\r\n"
        defaults = lines(tuple(connection.server_state.default_headers))
        connection.transport.write(
            b"%b%b%b\r\n%b" % (STATUS_LINE[answer.status], defaults, head.encode("latin-1"), answer.body)
        )
        if last:
            connection.transport.close()
        self.on_response()


@lru_cache(maxsize=1)
def lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Headers as they are sent; uvicorn's own change once a second."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)
