"""However a client cuts its requests, and whatever it sends before it has its answers, it gets all of them in order."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
from deployc.targets.project.frameworks.asgi import create_app
from deployc.targets.project.template.connections import MAX_WHOLE_BYTES, Connection, connection
from deployc.targets.project.template.model import Model
from deployc.targets.project.template.predictor import Predictor
from deployc.targets.project.template.schema import Row, Score
from deployc.targets.project.template.settings import Settings
from deployc.targets.project.template.shortcut import Shortcut
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

pytestmark = pytest.mark.usefixtures("own_logging")
Asked = tuple[bytes, int, object]
"""A request, and the status and the body of its answer."""
HEAD = "POST /decision_function HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"


class Held(Model):
    """A model that answers when it may."""

    free = Event()
    asked = Event()

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        self.asked.set()
        assert self.free.wait(60)
        return super().decision_function(rows)


@asynccontextmanager
async def served(model: type[Model] = Model, **chosen: int) -> AsyncIterator[tuple[Server, int]]:
    """The service in this loop, and its port."""
    app = create_app(Settings(**chosen), lambda: Predictor(model(Path("stub"))))  # type: ignore[arg-type]  # numbers
    config = Config(app, http=connection(60), log_config=None, access_log=False, timeout_graceful_shutdown=60)
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0)
        try:
            yield server, listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


def row(number: int) -> bytes:
    return json.dumps({"number": number}).encode()


def whole(number: int, *headers: str) -> Asked:
    lines = "".join(f"{line}\r\n" for line in headers)
    text = f"{HEAD}{lines}content-length: {len(row(number))}\r\n\r\n"
    return text.encode() + row(number), 200, {"score": number}


def chunked(number: int) -> Asked:
    first, second = row(number)[:5], row(number)[5:]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (first, second, b""))
    return f"{HEAD}transfer-encoding: chunked\r\n\r\n".encode() + chunks, 200, {"score": number}


def long(number: int) -> Asked:
    body = row(number) + b" " * MAX_WHOLE_BYTES
    return f"{HEAD}content-length: {len(body)}\r\n\r\n".encode() + body, 200, {"score": number}


def broken(number: int) -> Asked:
    return f"{HEAD}content-length: 1\r\n\r\n{{".encode(), 400, None


def page(number: int) -> Asked:
    return b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n", 200, {"status": "alive"}


def unknown(number: int) -> Asked:
    return whole(number)[0].replace(b"/decision_function", b"/other"), 404, None


KINDS = (whole, chunked, long, broken, page, unknown)
requests = st.lists(
    st.builds(lambda kind, number: kind(number), st.sampled_from(KINDS), st.integers(0, 99)), min_size=1
)


async def read(reader: asyncio.StreamReader) -> tuple[int, object, bytes]:
    """An answer's status, body and head."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return int(head.split()[1]), json.loads(await reader.readexactly(length)), head


async def turns(count: int = 3) -> None:
    """So that the service reads what it was sent, by itself."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_answers_come_in_order_however_requests_are_cut() -> None:
    """One service for all examples, as it takes longer to start than they do."""
    loop = asyncio.new_event_loop()
    service = served()
    _, port = loop.run_until_complete(service.__aenter__())

    @given(asked=requests, cuts=st.lists(st.integers(0, 2000), max_size=5))
    @settings(deadline=None)
    def examples(asked: list[Asked], cuts: list[int]) -> None:
        loop.run_until_complete(ordered(port, asked, cuts))

    try:
        examples()
    finally:
        loop.run_until_complete(service.__aexit__(None, None, None))
        loop.close()


async def ordered(port: int, asked: Sequence[Asked], cuts: Sequence[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = b"".join(request for request, _, _ in asked)
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    for start, end in pairwise(places):
        writer.write(sent[start:end])
        await turns()
    for _, status, body in asked:
        got, answer, _ = await asyncio.wait_for(read(reader), 60)
        assert got == status
        assert body in (None, answer)
    writer.close()


@asynccontextmanager
async def waiting() -> AsyncIterator[tuple[Server, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A service, and a connection whose first request waits for the model until that is `free`."""
    Held.free.clear()
    Held.asked.clear()
    async with served(Held) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(whole(1)[0])
        await asyncio.to_thread(Held.asked.wait, 60)
        assert isinstance(cycle(server), Shortcut)
        yield server, reader, writer
        writer.close()


def cycle(server: Server) -> RequestResponseCycle:
    """The last request of the only connection."""
    (found,) = server.server_state.connections
    assert isinstance(found, Connection)
    return found.cycle


def test_a_request_waits_for_the_answer_before_it() -> None:
    async def run() -> None:
        async with waiting() as (_, reader, writer):
            writer.write(page(0)[0] + whole(2)[0])
            await turns()
            Held.free.set()
            assert [(await read(reader))[1] for _ in range(3)] == [{"score": 1}, {"status": "alive"}, {"score": 2}]

    asyncio.run(run())


def requests_told(capfd: pytest.CaptureFixture[str]) -> list[int]:
    """The statuses of all requests that were logged, of which the one that is called `left` was left."""
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["message"] for line in told if line.get("request_id") == "left"] == ["the client went away", "request"]
    return [line["status"] for line in told if line["message"] == "request"]


def test_a_client_that_leaves_is_waited_for_no_longer(capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        async with waiting() as (server, reader, writer):
            _, leaving = await asyncio.open_connection(*writer.get_extra_info("peername"))
            leaving.write(whole(2, "x-request-id: left")[0])
            await turns()
            leaving.transport.abort()
            while len(server.server_state.connections) > 1:
                await asyncio.sleep(0)
            await turns()
            Held.free.set()
            assert (await read(reader))[1] == {"score": 1}

    asyncio.run(run())
    assert requests_told(capfd) == [0, 200]


def test_a_client_that_leaves_at_once_is_forgotten_too(capfd: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        async with waiting() as (server, reader, writer):
            known = {*server.server_state.connections}
            await asyncio.open_connection(*writer.get_extra_info("peername"))
            while not (new := server.server_state.connections - known):
                await asyncio.sleep(0)
            (left,) = new
            assert isinstance(left, Connection)
            # as of a loop that reads all there is before its next turn
            left.data_received(whole(2, "x-request-id: left")[0])
            left.connection_lost(None)
            await turns()
            Held.free.set()
            assert (await read(reader))[1] == {"score": 1}

    asyncio.run(run())
    assert requests_told(capfd) == [0, 200]


def test_who_waits_while_the_service_stops_has_an_answer_and_then_no_connection() -> None:
    async def run() -> None:
        async with waiting() as (server, reader, _):
            server.should_exit = True
            while cycle(server).keep_alive:
                await asyncio.sleep(0)
            Held.free.set()
            status, answer, head = await read(reader)
            assert (status, answer) == (200, {"score": 1})
            assert b"connection: close" in head.split(b"\r\n")
            assert await reader.read() == b""

    asyncio.run(run())


def test_an_answer_says_the_same_on_either_way() -> None:
    async def run() -> None:
        async with served() as (server, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            request, heads, short = whole(1, "x-request-id: a")[0], [], []
            for cut in (len(request), len(request) - 3):
                writer.write(request[:cut])
                await turns()
                writer.write(request[cut:])
                head = (await read(reader))[2].split(b"\r\n")
                heads.append(sorted(line for line in head if not line.startswith(b"date: ")))
                short.append(isinstance(cycle(server), Shortcut))
            assert short == [True, False]
            assert heads[0] == heads[1]
            writer.close()

    asyncio.run(run())
