"""Tests of the running service: its documentation is true, and a wrong body is answered with what is wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import unittest
from http.client import HTTPConnection
from typing import ClassVar

from .info import METHODS
from .openapi import EXAMPLE, document
from .settings import PREFIX

PACKAGE = "service"
START_SECONDS = 120


class ServiceTest(unittest.TestCase):
    """One process of the service, for all tests."""

    process: ClassVar[subprocess.Popen[bytes]]
    port: ClassVar[int]

    @classmethod
    def setUpClass(cls) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            cls.port = free.getsockname()[1]
        environment = os.environ | {f"{PREFIX}HOST": "127.0.0.1", f"{PREFIX}PORT": str(cls.port)}
        environment[f"{PREFIX}DRAIN_SECONDS"] = "0"
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        cls.process = subprocess.Popen([sys.executable, "-m", PACKAGE], env=environment)
        cls.addClassCleanup(cls.process.wait)
        cls.addClassCleanup(cls.process.terminate)
        deadline = time.monotonic() + START_SECONDS
        while not cls.answers():
            if cls.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the service did not start; its log says why")
            time.sleep(0.05)

    @classmethod
    def answers(cls) -> bool:
        try:
            return cls.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    @classmethod
    def ask(cls, verb: str, path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, object]:
        """An answer's status and its body, read as JSON."""
        connection = HTTPConnection("127.0.0.1", cls.port, timeout=60)
        connection.request(verb, path, body, {"Content-Type": kind} if body is not None else {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, json.loads(content)

    @unittest.skipUnless(EXAMPLE, "no row is documented")
    def test_the_documented_row_is_answered(self) -> None:
        for method in METHODS:
            with self.subTest(method):
                status, answer = self.ask("POST", f"/{method}", json.dumps(EXAMPLE).encode())
                assert status == 200, answer
                status, answers = self.ask("POST", f"/{method}", json.dumps([EXAMPLE, EXAMPLE]).encode())
                assert status == 200, answers
                assert isinstance(answers, list)
                assert len(answers) == 2, answers

    def test_no_rows_have_no_answers(self) -> None:
        for method in METHODS:
            assert self.ask("POST", f"/{method}", b"[]") == (200, [])

    def test_a_wrong_body_is_answered_with_what_is_wrong(self) -> None:
        wrong = [(b"{", 400, None), (b"[NaN]", 400, None), (b"3", 422, None), (b"[3]", 422, "[0]")]
        for body, expected, field in wrong:
            with self.subTest(body):
                status, answer = self.ask("POST", f"/{METHODS[0]}", body)
                assert status == expected, answer
                assert isinstance(answer, dict)
                assert answer["error"].get("field") == field, answer
                assert answer["error"]["request_id"]

    def test_only_json_is_read(self) -> None:
        assert self.ask("POST", f"/{METHODS[0]}", b"a=1", "text/csv")[0] == 415

    def test_the_service_says_what_it_is(self) -> None:
        assert self.ask("GET", "/healthz")[0] == 200
        assert self.ask("GET", "/info")[0] == 200
        assert self.ask("GET", "/openapi.json") == (200, document())


if __name__ == "__main__":
    unittest.main()
