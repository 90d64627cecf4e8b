"""`deployc run`: the built service answers, and stops when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .project import Project, Running, cases

ROW = {"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181.0, "body_mass_g": 3750.0}


@contextmanager
def served(project: Project) -> Iterator[tuple[Running, str]]:
    """`deployc run` on a free port, once it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with project.running("run", "--port", str(port)) as service:
        for _ in range(600):
            assert service.process.poll() is None, service.end()
            try:
                if ask(f"{url}/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield service, url


def ask(url: str, body: object = None) -> tuple[int, object]:
    """Status and JSON of an answer; OSError where there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
def test_a_service_that_asks_for_a_key_passes_its_tests(ready: Project, fresh: str) -> None:
    more = "tests: {smoke: {}, parity: {rows: sample.csv, tolerance: 1e-9}}\nserve: {api_key: true}\n"
    ready.edit("deploy.yaml", "name: penguins", f"name: {fresh}")
    ready.write("deploy.yaml", (ready / "deploy.yaml").read_text(encoding="utf-8") + more)
    assert {"smoke", "parity"} <= ready.build().ran


@pytest.mark.parametrize("number", cases([signal.SIGTERM], [signal.SIGINT]))
def test_the_service_answers_and_stops_on_a_signal(built: tuple[Project, str], number: signal.Signals) -> None:
    with served(built[0]) as (service, url):
        status, answer = ask(f"{url}/predict", ROW)
        assert (status, "Adelie" in json.dumps(answer)) == (200, True)
        status, answer = ask(f"{url}/predict", {**ROW, "bill_depth_mm": "deep"})
        assert 400 <= status < 500
        assert "bill_depth_mm" in json.dumps(answer)
        assert ask(f"{url}/nothing")[0] == 404
        ended = service.end(number)
    assert ended.code in (0, 128 + number, -number)
    assert "Traceback" not in ended.out + ended.err
    with pytest.raises(OSError, match="refused"):
        ask(f"{url}/readyz")


def test_a_service_that_is_not_built_is_told(given: Project) -> None:
    assert given.run("run").codes == ["not-built"]
