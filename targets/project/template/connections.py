"""uvicorn's connections: with a short way to the model, and no patience for what is not there in time or has no end."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Any, cast  # uvicorn hands a connection what it likes

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .deadlines import Alarms
from .express import EXPRESS, Express
from .shortcut import Shortcut

MAX_HEAD_BYTES = 128 * 1024
"""How long a request's first line and its headers may be; what comes at once is looked at as a whole."""
KEEP_ALIVE_SECONDS = 5
"""How long a connection is kept on which nothing is asked: as uvicorn does."""
MAX_WHOLE_BYTES = 64 * 1024
"""How long a body may be to be waited for before its request begins."""


class Connection(HttpToolsProtocol):
    """A connection that is closed when `seconds` have passed and a request, or the first one, is not whole."""

    def __init__(self, patience: Alarms, idleness: Alarms, **given: Any) -> None:
        super().__init__(**given)
        self._patience = patience
        self._idleness = idleness
        self._whole = True
        self._head = 0
        """Bytes of a head that is not whole."""
        self._asked: deque[RequestResponseCycle] = deque()
        """Requests that came in one piece and are not answered, in their order."""
        self._express: Express | None = self.app_state.get(EXPRESS)
        self._path: str | None = None
        """The operation that a request asks for which takes the short way if the rest of it is there too."""
        self._body = b""
        """Of such a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._idleness.end(self)
        self._patience.end(self)
        # uvicorn says so to the last one alone, and each of the others would write to a closed connection.
        for cycle in self._asked:
            cycle.disconnected = True
            cycle.message_event.set()
            if isinstance(cycle, Shortcut):
                cycle.give_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._idleness.end(self)
        super().data_received(data)
        if self._path:
            self._begin_late()
        if self._whole and self._asked:
            self._patience.end(self)
            return
        # What was answered before its body had come is still being read, and dropped.
        if self not in self._idleness:
            self._wait()
        if self._head and not self.transport.is_closing():
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        # each request has the whole time, however long the connection has been there
        self._patience.end(self)
        self._whole = False
        self._head = 1
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        self._head = 0
        self._path = self._express.path(self.url) if self._express and self._plain() else None
        if not self._path:
            self._begin()

    def on_body(self, body: bytes) -> None:
        if not self._path:
            super().on_body(body)
            return
        # Nearly all bodies come in one part: those are not copied.
        self._body = self._body + body if self._body else body
        if len(self._body) > MAX_WHOLE_BYTES:
            self._begin_late()

    def on_message_complete(self) -> None:
        self._whole = True
        if not self._path:
            super().on_message_complete()
            return
        assert self._express
        body, path, self._path, self._body = self._body, self._path, None, b""
        shortcut = self.cycle = Shortcut(self, self._express, self._answered)
        self._asked.append(shortcut)
        shortcut.begin(path, self.headers, body)

    def on_response_complete(self) -> None:
        self._asked.popleft()
        super().on_response_complete()

    def _answered(self) -> None:
        """The same where uvicorn's own costs more than an answer does."""
        self._asked.popleft()
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self._idleness.begin(self, self.transport.close)

    def _plain(self) -> bool:
        """Whether the request is one for the short way."""
        parser = self.parser
        first = not self._asked and not self.flow.write_paused and not self.expect_100_continue
        plain = first and parser.get_method() == b"POST" and parser.get_http_version() == "1.1"
        return plain and parser.should_keep_alive() and not parser.should_upgrade()

    def _begin(self) -> None:
        """Begin a request as uvicorn does."""
        url, headers, waits = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, waits
        self.headers += headers
        before = self.cycle
        super().on_headers_complete()
        # There is none for a request that asks for another protocol.
        if self.cycle is not before:
            self._asked.append(self.cycle)

    def _begin_late(self) -> None:
        """The same for one whose body did not come at once, or is long."""
        body, self._path, self._body = self._body, None, b""
        if not self.transport.is_closing():
            self._begin()
            super().on_body(body)

    def _wait(self) -> None:
        if self not in self._patience:
            self._patience.begin(self, self.transport.close)


def connection(seconds: float) -> type[asyncio.Protocol]:
    """What uvicorn makes its connections with; its worker processes are sent it, so it is no class made here."""
    return cast(type[asyncio.Protocol], partial(Connection, Alarms(seconds), Alarms(KEEP_ALIVE_SECONDS)))
