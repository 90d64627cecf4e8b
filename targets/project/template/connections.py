"""uvicorn's connections, without patience for requests that are not there in time and for headers without end."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Any, cast  # uvicorn hands a connection what it likes

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES = 128 * 1024
"""How long a request's first line and its headers may be; what comes at once is looked at as a whole."""


class Connection(HttpToolsProtocol):
    """A connection that is closed when `seconds` have passed and a request, or the first one, is not whole."""

    def __init__(self, seconds: float, **given: Any) -> None:
        super().__init__(**given)
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._whole = True
        self._head = 0
        """Bytes of a head that is not whole."""
        self._asked: deque[RequestResponseCycle] = deque()
        """Requests that came in one piece and are not answered, in their order."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        # uvicorn says so to the last one alone, and each of the others would write to a closed connection.
        for cycle in self._asked:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._whole and self.cycle and not self.cycle.response_complete:
            self._rest()
            return
        # What was answered before its body had come is still being read, and dropped.
        self._wait()
        if self._head and not self.transport.is_closing():
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        # each request has the whole time, however long the connection has been there
        self._rest()
        self._whole = False
        self._head = 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = 0
        before = self.cycle
        super().on_headers_complete()
        # There is none for a request that asks for another protocol.
        if self.cycle is not before:
            self._asked.append(self.cycle)

    def on_message_complete(self) -> None:
        self._whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._asked.popleft()
        super().on_response_complete()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self._seconds, self.transport.close)

    def _rest(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def connection(seconds: float) -> type[asyncio.Protocol]:
    """What uvicorn makes its connections with; its worker processes are sent it, so it is no class made here."""
    return cast(type[asyncio.Protocol], partial(Connection, seconds))
