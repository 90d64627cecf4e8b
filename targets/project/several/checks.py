"""Tests of the running service: what it documents of each model is true."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import unittest
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any, ClassVar  # Any: a document holds whatever JSON can

from ..template.settings import PREFIX
from .openapi import DOCUMENTS, document

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
    def ask(cls, verb: str, path: str, body: bytes | None = None) -> tuple[int, object]:
        """An answer's status and its body, read as JSON."""
        connection = HTTPConnection("127.0.0.1", cls.port, timeout=60)
        connection.request(verb, path, body, {"Content-Type": "application/json"} if body is not None else {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, json.loads(content)

    def test_the_documented_bodies_are_answered(self) -> None:
        for path, body in examples(document()):
            with self.subTest(path):
                status, answer = self.ask("POST", path, json.dumps(body).encode())
                assert status == 200, answer

    def test_each_model_says_what_it_is(self) -> None:
        status, answer = self.ask("GET", "/info")
        assert status == 200, answer
        assert isinstance(answer, dict)
        assert list(answer["models"]) == list(DOCUMENTS)
        for name in DOCUMENTS:
            assert self.ask("GET", f"/{name}/info") == (200, answer["models"][name])
            assert self.ask("GET", f"/{name}/readyz")[0] == 200

    def test_the_document_is_served(self) -> None:
        assert self.ask("GET", "/healthz")[0] == 200
        assert self.ask("GET", "/openapi.json") == (200, document())


def examples(described: Any) -> Iterator[tuple[str, object]]:
    """The bodies in JSON that a document has, each with its path."""
    for path, operations in described["paths"].items():
        for operation in operations.values():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in media.get("examples", {}).values():
                yield path, example["value"]


if __name__ == "__main__":
    unittest.main()
