"""A generated service as a process, and a client that sends it anything."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

SECONDS = 60.0
"""No test waits longer for what has to come."""


@dataclass(frozen=True, slots=True)
class Got:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The body as JSON, with a request id that is told apart from the others' only by being there."""
        value = json.loads(self.body)
        if isinstance(value, dict) and "error" in value:
            assert value["error"].pop("request_id") == self.headers["x-request-id"]
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """A process of a service."""

    process: subprocess.Popen[bytes]
    port: int
    signs: Path
    log: Path

    def ask(
        self,
        verb: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = SECONDS,
    ) -> Got:
        """One request on a connection of its own; an iterable body is sent in chunks."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            chunked = body is not None and not isinstance(body, bytes)
            sent = {**({"Transfer-Encoding": "chunked"} if chunked else {}), **(headers or {})}
            connection.request(verb, path, body, sent, encode_chunked=chunked)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Got(response.status, found, response.read())
        finally:
            connection.close()

    def post(self, body: bytes | Iterable[bytes], **headers: str) -> Got:
        return self.ask("POST", "/predict", body, {"Content-Type": "application/json", **headers})

    def raw(self, request: bytes, *, ended: bool) -> bytes:
        """What comes back until the connection is closed; `ended` says that nothing more will be sent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as connection:
            connection.sendall(request)
            if ended:
                connection.shutdown(socket.SHUT_WR)
            found = b""
            with suppress(ConnectionResetError):
                while part := connection.recv(65536):
                    found += part
            return found

    def ready(self, timeout: float = 5.0) -> bool:
        try:
            return self.ask("GET", "/readyz", timeout=timeout).status == 200
        except OSError:
            return False

    def until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self.log.read_text(encoding="utf-8"))
            time.sleep(0.02)

    def sign(self, name: str) -> None:
        (self.signs / name).touch()

    def until_signed(self, name: str) -> None:
        self.until((self.signs / name).exists)

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")
            time.sleep(0.01)

    def stop(self) -> int:
        """Tell it to stop; how it ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def lines(self) -> list[dict[str, object]]:
        """What it logged until now, which has what it logged of all requests that came before."""
        identity = uuid.uuid4().hex
        self.ask("GET", "/healthz", headers={"X-Request-ID": identity})
        self.until(lambda: identity in self.log.read_text(encoding="utf-8"))
        return self.logged()

    def logged(self) -> list[dict[str, object]]:
        """The whole lines of its log."""
        text = self.log.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


@contextmanager
def booted(
    python: Path,
    project: Path,
    folder: Path,
    beyond: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    **settings: str,
) -> Iterator[Booted]:
    """The service, started and not waited for; killed with all its processes at the end.

    `settings` are its own, `beyond` the variables of the environment that others' libraries read, and `arguments` what
    it is started with although it has no use for it.
    """
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"CHURN_HOST": "127.0.0.1", "CHURN_PORT": str(port), "CHURN_DRAIN_SECONDS": "0"}
    own |= {f"CHURN_{name.upper()}": value for name, value in settings.items()}
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project / "src"),
        "SIGNS": str(folder),
        **own,
        **(beyond or {}),
    }
    log = folder / "log"
    with log.open("wb") as file:
        command = [str(python), "-m", "churn", *arguments]
        process = subprocess.Popen(command, env=environ, cwd=folder, stderr=file, start_new_session=True)
    try:
        yield Booted(process=process, port=port, signs=folder, log=log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
