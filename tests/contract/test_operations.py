"""Every framework holds out alike: under load, with slow clients, with a key, across origins, and counted."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from http.client import HTTPConnection
from pathlib import Path
from threading import Semaphore

import pytest
from deployc.compiler.model_spec import Output
from deployc.schema.config import PayloadLog
from prometheus_client.parser import text_string_to_metric_families

from ..targets.project.space import config, files
from .booting import SECONDS, Booted, booted
from .test_frameworks import ECHO, Boot, boot, error, framework, loaded, project, python
from .test_hostile import connected, leave, received, refused, request

__all__ = ["boot", "framework", "loaded", "project", "python"]
pytestmark = pytest.mark.slow
KEY = "a secret"
HELD = b'{"number": 7, "act": "hold"}'


@pytest.fixture
def guarded(python: Path, framework: str, tmp_path: Path) -> Iterator[Booted]:
    """A service that asks for a key, answers pages of one other origin, and logs every request with its answer."""
    logged = PayloadLog(sample=1, path=str(tmp_path / "payloads.jsonl"))
    deploy = config(framework=framework, api_key=True, cors=("https://a.example",), payload_log=logged)
    made = dict(files(tmp_path, ECHO, (Output(method="predict", type="double"),), deploy))
    made["src/churn/model.py"] = Path(__file__).with_name("echo.py").read_text(encoding="utf-8")
    for path, text in made.items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_text(text, encoding="utf-8")
    with booted(python, tmp_path / "project", tmp_path / "signs", api_key=KEY) as running:
        running.sign("load")
        running.until_ready()
        yield running


def test_who_is_too_many_is_turned_away_and_the_others_are_answered(boot: Boot) -> None:
    with boot(max_queue="1", max_batch="2") as running, ThreadPoolExecutor(4) as pool:
        running.sign("load")
        running.until_ready()
        held = pool.submit(running.post, HELD)
        running.until_signed("held")
        others = as_completed([pool.submit(running.post, b'{"number": 8}') for _ in range(3)])
        for got in (next(others).result(), next(others).result()):
            assert (got.status, got.headers["retry-after"]) == (503, "1")
            assert got.json == error("overloaded", "too many requests are waiting: try again later")
        assert running.ask("GET", "/healthz").status == 200
        running.sign("release")
        assert (held.result().json, next(others).result().json) == ({"prediction": 7.0}, {"prediction": 8.0})


def test_nothing_is_wrong_with_a_client_that_leaves_before_the_second_of_several_answers(boot: Boot) -> None:
    plain, held = request("/predict", b'{"number": 1}'), request("/predict", b"[%s, %s]" % (HELD, HELD))
    # More rows than go into one batch are asked in a thread: the service goes on reading meanwhile.
    with boot(max_batch="1") as running:
        running.sign("load")
        running.until_ready()
        with connected(running) as connection:
            connection.sendall(plain + held + plain * 2)
            running.until_signed("held")
            leave(connection)
        # What is asked after the client has left is answered after the service has seen that.
        assert running.ask("GET", "/healthz").status == 200
        running.sign("release")
        assert running.post(b'{"number": 8}').json == {"prediction": 8.0}
        assert [line for line in running.lines() if line["level"] in ("error", "critical")] == []


def test_who_waits_too_long_for_the_model_is_told_so(boot: Boot) -> None:
    with boot(timeout_seconds="1") as running, ThreadPoolExecutor(1) as pool:
        running.sign("load")
        running.until_ready()
        held = pool.submit(running.post, HELD)
        running.until_signed("held")
        late = running.post(b'{"number": 8}')
        assert (late.status, late.json) == (504, error("timeout", "there was no answer within 1 seconds"))
        running.sign("release")
        held.result()
        assert running.post(b'{"number": 9}').json == {"prediction": 9.0}


def test_a_body_that_comes_too_slowly_is_given_up(boot: Boot) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    with boot(read_seconds="1") as running:
        running.sign("load")
        running.until_ready()
        answered = running.raw(head, ended=False)
        assert not answered or answered.startswith(b"HTTP/1.1 408 "), answered
        assert running.post(b'{"number": 9}').json == {"prediction": 9.0}


@pytest.mark.parametrize("sent", [b"", b"G", b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Le"])
def test_a_head_that_does_not_come_is_given_up(boot: Boot, sent: bytes) -> None:
    with boot(read_seconds="1") as running:
        running.sign("load")
        running.until_ready()
        clients = [socket.create_connection(("127.0.0.1", running.port), timeout=SECONDS) for _ in range(20)]
        for client in clients:
            client.sendall(sent)
        assert running.post(b'{"number": 9}').json == {"prediction": 9.0}
        for client in clients:
            answer = received(client)
            assert refused(answer), answer
            client.close()
        assert running.post(b'{"number": 9}').json == {"prediction": 9.0}


def test_a_service_that_stops_has_its_clients_close_the_connections_that_they_keep(boot: Boot) -> None:
    asked = Semaphore(0)

    def busy() -> bool:
        """Ask on one connection until the service wants no more on it; a request that has no answer is an error."""
        connection, last = HTTPConnection("127.0.0.1", running.port, timeout=SECONDS), False
        while not last:
            connection.request("POST", "/predict", b'{"number": 1}', {"Content-Type": "application/json"})
            with connection.getresponse() as got:
                assert (got.status, got.read()) == (200, b'{"prediction":1.0}')
                last = got.will_close
            asked.release()
        return connection.sock is None

    with boot(drain_seconds="3") as running, ThreadPoolExecutor(16) as pool:
        running.sign("load")
        running.until_ready()
        clients = [pool.submit(busy) for _ in range(16)]
        for _ in range(160):
            asked.acquire()
        assert not any(client.done() for client in clients)
        running.process.terminate()
        assert all(client.result() for client in clients)


def test_a_bad_row_fails_its_own_request_only(loaded: Booted) -> None:
    def one(number: int) -> None:
        act = {0: "refuse", 1: "fail"}.get(number % 5)
        got = loaded.post(json.dumps({"number": number, "act": act}).encode())
        assert got.status == {0: 422, 1: 500}.get(number % 5, 200)
        if got.status == 200:
            assert got.json == {"prediction": float(number)}

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(300)))


def test_only_who_has_the_key_is_answered(guarded: Booted) -> None:
    wrong: list[Mapping[str, str]] = [{}, {"X-API-Key": "a secre"}, {"Authorization": "Bearer"}, {"X-API-Key": "\xe9"}]
    for headers in wrong:
        got = guarded.post(b'{"number": 1}', **headers)
        assert (got.status, got.headers["www-authenticate"]) == (401, "Bearer")
        assert got.json == error("unauthorized", "the API key is missing or wrong")
        assert guarded.ask("GET", "/info", headers=headers).status == 401
    for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}):
        assert guarded.post(b'{"number": 1}', **headers).json == {"prediction": 1.0}
        assert guarded.ask("GET", "/info", headers=headers).status == 200
    assert guarded.ask("GET", "/healthz").status == 200
    assert KEY not in guarded.log.read_text(encoding="utf-8")


def test_a_service_that_asks_for_a_key_does_not_start_without_one(guarded: Booted, python: Path) -> None:
    with booted(python, guarded.signs.parent / "project", guarded.signs / "second") as running:
        assert running.process.wait(60) == 2
        assert "CHURN_API_KEY" in running.log.read_text(encoding="utf-8")


def test_a_browser_is_told_which_pages_may_ask(guarded: Booted) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    got = guarded.ask("OPTIONS", "/predict", headers=asked)
    assert (got.status, got.headers["access-control-allow-origin"]) == (204, "https://a.example")
    assert "x-api-key" in got.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in guarded.ask("GET", "/healthz", headers={"Origin": "https://b"}).headers
    refused = guarded.post(b"{}", Origin="https://a.example")
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, "https://a.example")


def test_requests_are_logged_with_their_answers(guarded: Booted, tmp_path: Path) -> None:
    for body, identity in (
        (b'[{"number": 1}]', "first"),
        (b'{"number": 2, "act": "refuse"}', "second"),
        (b"{", "third"),
    ):
        guarded.post(body, **{"X-API-Key": KEY, "X-Request-ID": identity})
    guarded.stop()
    lines = [json.loads(line) for line in (tmp_path / "payloads.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [(line["request_id"], line["rows"], line["answers"], line["status"]) for line in lines]
    row = {"number": 1.0, "act": None}
    assert found == [
        ("first", [row], [{"prediction": 1.0}], 200),
        ("second", [{"number": 2.0, "act": "refuse"}], [], 422),
    ]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_prometheus_counts_every_request_once(boot: Boot, workers: str) -> None:
    with boot(workers=workers) as running:
        running.sign("load")
        running.until_ready()
        for _ in range(20):
            running.post(b'[{"number": 1}, {"number": 2}]')
        running.ask("GET", "/no/such/path")
        # A request is counted once its answer is sent, and another process may be the one that is asked.
        running.until(lambda: b'status="404"' in running.ask("GET", "/metrics").body)
        text = running.ask("GET", "/metrics").body.decode()
        found = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        assert found["http_requests_total", "/predict", "200"] == 20
        assert found["http_requests_total", "404", "other"] == 1
        assert found["http_request_duration_seconds_count", "/predict"] == 20
        assert found["model_batch_rows_sum", "churn"] == 40
        assert found["model_info", "", "", "churn", "sklearn", "tests.Echo"] == 1
