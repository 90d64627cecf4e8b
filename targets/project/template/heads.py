"""gunicorn's threads, without patience for requests whose heads are not there in time: each would keep a thread."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any  # gunicorn has no types

from gunicorn.workers.gthread import ThreadWorker

LOOKED_AT_BYTES = 128 * 1024
"""So much of what a client has sent is searched for the end of a head."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A connection whose request has no whole head after `seconds` is closed for what its client sends later."""

    seconds: float

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._due: dict[Any, float] = {}
        """When the heads of connections have to be whole, the next one first."""

    def enqueue_req(self, conn: Any) -> None:
        self._due.pop(conn, None)
        self._due[conn] = time.monotonic() + self.seconds
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        self._due.pop(conn, None)
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """gunicorn calls it every second at least."""
        super().notify()
        now = time.monotonic()
        for conn, due in list(self._due.items()):
            if due > now:
                return
            # One whose head came just now is gone from here; one that waits for a thread with all of it is not late.
            if self._due.pop(conn, None) and b"\r\n\r\n" not in _sent(conn.sock):
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)


def _sent(connection: socket.socket) -> bytes:
    """What has come and was not read."""
    try:
        return connection.recv(LOOKED_AT_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return b""


def worker(seconds: float) -> type:
    """What gunicorn makes its workers of: it makes them itself, of a class that takes what it gives."""
    return type("Worker", (Worker,), {"seconds": seconds})
