"""Whatever comes over the socket, a service answers with a 4xx or hangs up, and goes on answering others."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from .booting import SECONDS, Booted, booted
from .test_frameworks import LIMIT, framework, project, python

__all__ = ["framework", "project", "python"]
pytestmark = pytest.mark.slow

DEEP = 100_000
PATHS = ("/predict", "/invocations", "/v2/models/churn/infer")
GOOD = {
    "/predict": b'[{"number": 1.5, "act": null}, {"number": 2}]',
    "/invocations": b'{"dataframe_split": {"columns": ["number", "act"], "data": [[1, "a"], [2.5, null]]}}',
    "/v2/models/churn/infer": b'{"inputs": [{"name": "number", "shape": [2], "datatype": "FP64", "data": [1, 2.5]}]}',
}
NUMBERS = (b"1e400", b"-1e400", b"1" * 400, b"1" * 5000, b"-0", b"1e-400", b"NaN", b"Infinity", b"0x1", b"1_0", b"01")
PIECES = (b"[" * 50, b"{", b"}", b"]", b'"', b"\\", b"\x00", b"\xff", b"null", b",", b":", b'"\\ud800"', *NUMBERS)
SPARE_MEGABYTES = 60
"""What a process may hold more than before: allocators do not give back all."""


def request(path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A request as it is sent."""
    size = len(body) if length is None else length
    lines = (f"POST {path} HTTP/1.1", "Host: a", "Content-Type: application/json", f"Content-Length: {size}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


ASKED = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module")
def service(python: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    settings = {"max_body_bytes": str(LIMIT), "read_seconds": "2"}
    with booted(python, project, tmp_path_factory.mktemp("run") / "signs", **settings) as running:
        running.sign("load")
        running.until_ready()
        yield running


@pytest.fixture(autouse=True)
def _unharmed(service: Booted) -> Iterator[None]:
    """After each test it answers as before, has said of nothing that it is its own fault, and holds no more."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: answered(service, number), range(50)))
    held, files, logged = megabytes(service), descriptors(service), len(service.logged())
    yield
    # What the last clients have left to do comes first: while their rows wait, others may be turned away.
    service.until(lambda: running(service) <= 1)
    for number in range(20):
        answered(service, number)
    service.until(lambda: descriptors(service) <= files + 3)
    assert megabytes(service) < held + SPARE_MEGABYTES
    faults = [line for line in service.logged()[logged:] if line["level"] in ("error", "critical")]
    assert not faults, json.dumps(faults, indent=1)


def answered(service: Booted, number: int) -> None:
    got = service.post(b'{"number": %d}' % number)
    assert (got.status, got.json) == (200, {"prediction": number})


def running(service: Booted) -> int:
    """How many requests have begun and are not over, among them the one that asks."""
    told = service.ask("GET", "/metrics").body.decode()
    return int(float(told.partition("\nhttp_requests_in_flight ")[2].split()[0]))


def processes(service: Booted) -> list[int]:
    """The service's process and those that it started."""
    found, waiting = [], [service.process.pid]
    while waiting:
        found.append(waiting.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            waiting += map(int, task.read_text().split())
    return found


def megabytes(service: Booted) -> float:
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in processes(service)]
    return sum(int(text.partition("VmRSS:")[2].split()[0]) for text in texts) / 1024


def descriptors(service: Booted) -> int:
    return sum(len([*Path(f"/proc/{pid}/fd").iterdir()]) for pid in processes(service))


@contextmanager
def connected(service: Booted, timeout: float = 30.0) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.port), timeout=timeout) as connection:
        yield connection


def received(connection: socket.socket) -> bytes:
    """What comes until the connection is closed; TimeoutError where it stays open."""
    found = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            found += part
    return found


def refused(answer: bytes) -> bool:
    """Whether an answer is a 4xx, or there is none because the connection was closed."""
    return not answer or answer.split(b" ", 2)[1].startswith(b"4")


def mutated(chance: random.Random, body: bytes) -> bytes:
    """A body with some of its bytes taken out, doubled, or replaced by what parsers stumble over."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(body) + 1)
        end = min(len(body), start + chance.choice((0, 1, 1, 3, 10)))
        body = body[:start] + chance.choice((b"", body[start:end] * 2, *PIECES)) + body[end:]
    return body


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_was_tampered_with_is_answered_or_refused(service: Booted, path: str) -> None:
    chance = random.Random(path)

    def ask(body: bytes) -> None:
        got = service.ask("POST", path, body, {"Content-Type": "application/json"})
        assert got.status in (200, 400, 422), (body, got)
        json.loads(got.body)

    bodies = [mutated(chance, GOOD[path]) for _ in range(150)]
    bodies += [GOOD[path].replace(b"1", number, 1) for number in NUMBERS]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, bodies))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * (DEEP // 4) + b"1" + b"}" * (DEEP // 4),
        b'{"inputs": ' + b"[" * (DEEP // 2) + b"]" * (DEEP // 2) + b"}",
        b'{"number": ' + b"9" * DEEP + b"}",
        b'{"number": 1, "act": "' + b"\\u0000" * 1000 + b"\xff" + b'"}',
        b"\xef\xbb\xbf" + b'{"number": "x"}',
        '{"number": "x"}'.encode("utf-16"),
        b"\x1f\x8b\x08\x00",
        b"",
    ],
    ids=["open", "deep", "deep objects", "deep inputs", "huge number", "not UTF-8", "BOM", "UTF-16", "gzip", "empty"],
)
def test_what_parsers_break_at_is_refused(service: Booted, path: str, body: bytes) -> None:
    got = service.ask("POST", path, body, {"Content-Type": "application/json"})
    assert got.status in (400, 422)
    json.loads(got.body)


def test_a_body_of_100_megabytes_is_refused_without_being_kept(service: Booted) -> None:
    size, part = 100_000_000, b" " * 1_000_000
    with connected(service) as connection:
        connection.sendall(request("/predict", b"", length=size))
        with suppress(ConnectionError):
            for _ in range(size // len(part)):
                connection.sendall(part)
        assert refused(received(connection))


def test_chunks_without_end_are_refused(service: Booted) -> None:
    head = request("/predict", b"", "Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
    with connected(service) as connection:
        connection.sendall(head)
        closed, deadline = False, time.monotonic() + SECONDS
        while not closed and time.monotonic() < deadline:
            try:
                connection.sendall(b"2710\r\n" + b" " * 10_000 + b"\r\n")
            except ConnectionError:
                closed = True
            time.sleep(0.01)
        assert closed
        assert refused(received(connection))


def flood() -> bytes:
    return ASKED[:-2] + b"".join(b"X-%d: %s\r\n" % (i, b"a" * 100) for i in range(50_000)) + b"\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        flood(),
        b"GET /" + b"a" * 5_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        ASKED[:-2] + b"X: " + b"a" * 5_000_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 10_000,
        b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n{}",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
    ],
    ids=[
        *("header flood", "long path", "long header", "TLS", "HTTP/2", "zeros", "version", "negative length"),
        *("two lengths", "huge length", "bad chunk", "huge chunk"),
    ],
)
def test_what_is_hardly_http_is_refused(service: Booted, sent: bytes) -> None:
    with connected(service) as connection:
        with suppress(OSError):  # the service may have hung up already
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        answer = received(connection)
    assert refused(answer) or b" 505 " in answer.partition(b"\r\n")[0], answer[:200]


def test_clients_that_dawdle_hold_up_nobody(service: Booted) -> None:
    whole = request("/predict", b'{"number": 1}')
    slow = []
    try:
        for i in range(60):
            slow.append(socket.create_connection(("127.0.0.1", service.port), timeout=30))
            slow[-1].sendall(whole[: 5 + i * 2])
        started = time.monotonic()
        answered(service, 7)
        assert time.monotonic() - started < 20
    finally:
        for connection in slow:
            connection.close()


def leave(connection: socket.socket) -> None:
    """Go away without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        request("/predict", b'{"number"', length=1000),
        request("/predict", json.dumps([{"number": 1}] * 8000).encode()),
        request("/predict", b'{"number": 1}') * 100,
        b"POST /predict HTTP/1.1\r\nContent-Le",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[",
    ],
    ids=["mid-body", "mid-answer", "pipelined", "mid-headers", "mid-chunk"],
)
def test_clients_that_leave_are_forgotten(service: Booted, sent: bytes) -> None:
    def one(wait: float) -> None:
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=30)
        with suppress(ConnectionError):
            connection.sendall(sent)
            time.sleep(wait)
        leave(connection)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, [0, 0.001, 0.01, 0.1] * 10))


def test_requests_in_one_piece_are_answered_in_their_order(service: Booted) -> None:
    count = 50
    sent = [request("/predict", b'{"number": %d}' % i, f"X-Request-ID: r{i}") for i in range(count - 1)]
    last = request("/predict", b'{"number": %d}' % (count - 1), f"X-Request-ID: r{count - 1}", "Connection: close")
    with connected(service) as connection:
        connection.sendall(b"".join([*sent, last]))
        answers = received(connection)
    heads = answers.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert len(heads) == count
    for number, answer in enumerate(heads):
        assert b"r%d\r\n" % number in answer
        assert answer.endswith(b'{"prediction":%.1f}' % number)


def test_answers_never_cross_where_others_are_refused_or_leave(service: Booted) -> None:
    def own(number: int) -> None:
        got = service.post(b'{"number": %d}' % number, **{"X-Request-ID": str(number)})
        assert (got.json, got.headers["x-request-id"]) == ({"prediction": number}, str(number))

    def wrong(number: int) -> None:
        assert service.post(b'{"number": "%d"}' % number).status == 422

    def gone(number: int) -> None:
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=30)
        connection.sendall(request("/predict", b'{"number": %d}' % number))
        leave(connection)

    acts: tuple[Callable[[int], None], ...] = (own, wrong, gone)
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(acts[number % 3], number) for number in range(300)]:
            done.result()
