"""A service that runs is asked, stopped, and never left behind; here it is a small server of Python's own."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployc.compiler.api.errors import DeploycError
from deployc.compiler.api.rows import Json
from deployc.compiler.api.service import Service, awaited, launched
from deployc.schema.diagnostics import UserError
from deployc.targets.checks.booted import free_port

SERVER = """\
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(*{"/readyz": ("application/json", "{}"), "/": ("text/html", "<p>")}.get(self.path, ("", "")))

    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer("application/json", json.dumps([{"prediction": len(row)} for row in rows]))

    def answer(self, kind, text):
        if not kind:
            self.wfile.write(b"no answer of HTTP\\n")
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def service(script: str, folder: Path) -> Service:
    port, log = free_port(), folder / "log"
    with log.open("wb") as file:
        process = launched([sys.executable, "-c", script, str(port)], folder=folder, environ=os.environ, log=file)
    return Service(url=f"http://127.0.0.1:{port}", log=log, process=process, columns=(), headers={})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with awaited(service(SERVER, tmp_path_factory.mktemp("service")), 60) as found:
        yield found


def test_rows_are_answered(running: Service) -> None:
    assert running.predict([{"a": 1, "b": 2}, {"a": 3}]) == [2, 2]


@pytest.mark.parametrize("rows", [5, [[1, 2], [3]], [{"a": float("inf")}], []])
def test_what_are_no_rows_is_told_as_every_mistake_is(running: Service, rows: object) -> None:
    with pytest.raises(DeploycError, match="bad-rows"):
        running.predict(rows)


@pytest.mark.parametrize("body", [[float("nan")], {"a": object()}])
def test_a_body_that_is_no_json_is_told(running: Service, body: Json) -> None:
    with pytest.raises(DeploycError, match="bad-rows"):
        running.post("/predict", body)


def test_json_is_read_and_a_page_is_its_text(running: Service) -> None:
    assert running.get("/readyz") == {}
    assert running.get("/") == "<p>"


def test_an_answer_that_is_none_is_told(running: Service) -> None:
    with pytest.raises(DeploycError, match="does not answer"):
        running.get("/garbage")


def test_a_service_whose_start_is_interrupted_is_stopped(tmp_path: Path) -> None:
    interrupts = f"import os, signal, time; os.kill({os.getpid()}, signal.SIGINT); time.sleep(600)"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        found = service(interrupts, tmp_path)
        with pytest.raises(KeyboardInterrupt):
            awaited(found, 60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert found.process.poll() is not None


def test_a_service_that_ends_says_its_last_lines(tmp_path: Path) -> None:
    found = service("import sys; sys.exit('no model')", tmp_path)
    with pytest.raises(UserError, match="does not start") as raised:
        awaited(found, 60)
    assert "no model" in "".join(raised.value.diagnostics[0].notes)
