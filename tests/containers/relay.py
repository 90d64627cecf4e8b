"""Stands between a client and a registry, passes on what they say, and can cut, change or withhold it."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 1 << 16


@dataclass(slots=True, kw_only=True)
class Relay:
    """What is done to what passes; all may be changed while it runs."""

    address: str = ""
    """Host and port."""
    cut: int | None = None
    """Bytes of a PATCH's body after which the connection is dropped."""
    cuts: int = 1
    """How many times that happens."""
    moved: dict[str, str] | None = None
    """Where the uploads go on that were cut off, by path; None keeps nothing, as Debian's registry does."""
    changed: dict[str, str] = field(default_factory=dict)
    """Headers of answers that are replaced where they are there."""
    body: Callable[[bytes], bytes] = lambda data: data
    """What becomes of an answer's body."""
    dropped: int | None = None
    """Bytes of an answer's body after which the connection is dropped, once, while more was to come."""
    status: int | None = None
    """Answers all with this status alone."""
    silent: threading.Event | None = None
    """Answers nothing before this is set."""
    seen: list[str] = field(default_factory=list)
    """Verb and path of each request."""


@contextmanager
def relayed(target: str) -> Iterator[Relay]:
    """A relay before the registry at an address, until the block ends."""
    relay = Relay()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            relay.seen.append(f"{self.command} {self.path}")
            if relay.silent:
                relay.silent.wait()
            if relay.status:
                self.send_response(relay.status)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")  # said, or the next request is sent down the same one
                self.end_headers()
                return
            self.close_connection = not _passed(self, target, relay)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    relay.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield relay
    finally:
        if relay.silent:
            relay.silent.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _passed(asked: BaseHTTPRequestHandler, target: str, relay: Relay) -> bool:
    """Pass one request on and its answer back; whether the connection is still whole."""
    length = int(asked.headers.get("Content-Length", "0"))
    cut = min(relay.cut, length) if asked.command == "PATCH" and relay.cuts and relay.cut else length
    kept = relay.moved is not None
    there = _begun(asked, target, (relay.moved or {}).get(asked.path, asked.path), cut if kept else length)
    left = cut
    while left:
        piece = asked.rfile.read(min(PIECE, left))
        if not piece:
            return False
        there.send(piece)
        left -= len(piece)
    if cut < length:
        relay.cuts -= 1
        if relay.moved is not None:
            relay.moved[asked.path] = there.getresponse().headers["Location"].partition(relay.address)[2]
        there.close()
        return False
    whole = _answer(asked, there.getresponse(), relay)
    there.close()
    return whole


def _begun(asked: BaseHTTPRequestHandler, target: str, path: str, length: int) -> http.client.HTTPConnection:
    there = http.client.HTTPConnection(target, timeout=60)
    there.putrequest(asked.command, path, skip_host=True, skip_accept_encoding=True)
    for name, value in asked.headers.items():
        there.putheader(name, str(length) if name == "Content-Length" else value)
    there.endheaders()
    return there


def _answer(asked: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, relay: Relay) -> bool:
    data = relay.body(answer.read())
    asked.send_response(answer.status)
    for name, value in answer.getheaders():
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            asked.send_header(name, relay.changed.get(name, value))
    drops = asked.command == "GET" and relay.dropped is not None and len(data) >= relay.dropped
    length = answer.getheader("Content-Length", "0") if asked.command == "HEAD" else str(len(data) + drops)
    asked.send_header("Content-Length", length)
    asked.end_headers()
    if asked.command != "HEAD":
        asked.wfile.write(data[: relay.dropped] if drops else data)
    if drops:
        relay.dropped = None
    return not drops
