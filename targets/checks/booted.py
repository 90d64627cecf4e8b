"""A generated service, started from its lock in an environment without deployc, and a client that talks to it."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...compiler.node import Work
from ...compiler.sandbox import clean_environ
from ...schema.diagnostics import Field, fail
from ..deployment import Deployment

READY_SECONDS = 120.0
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of a response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The body as JSON; ValueError when it is not."""
        value: Json = json.loads(self.body)
        return value


@dataclass(frozen=True, slots=True)
class Service:
    """A running service on this machine."""

    port: int
    key: str = ""
    """What it asks for, where it asks for a key."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Json = None, *, raw: bytes | None = None) -> Answer:
        """One request; OSError when there is no answer."""
        data = raw if raw is not None else None if body is None else json.dumps(body, allow_nan=False).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Content-Type": "application/json"} if data is not None else {}
            headers |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
            connection.request(method, path, body=data, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz").status == 200
        except OSError:
            return False


@contextmanager
def booted(work: Work, project: Path, deployment: Deployment, *, field: Field) -> Iterator[Service]:
    """The service of a project's folder, ready; UserError `service-not-ready` with its log when it does not start."""
    port, key = free_port(), made_key(deployment)
    prefix = deployment.package.upper()
    home = project.parent / "home"
    home.mkdir(exist_ok=True)
    settings = {"PYTHONPATH": str(project / "src"), f"{prefix}_HOST": "127.0.0.1", f"{prefix}_PORT": str(port)}
    settings |= tried(deployment, key)
    python = work.pythons["env-serve"]
    environ = clean_environ(python=python, home=home, passed=settings)
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        work.log(line)

    command = [str(python), "-m", deployment.package]
    with work.processes.started(command, folder=home, environ=environ, log=log) as (process, _):
        service = Service(port, key)
        wait(service.ready, lambda: process.poll() is None, lambda: lines, field=field)
        yield service


def made_key(deployment: Deployment) -> str:
    """A key for one service that asks for one; empty for others."""
    return secrets.token_urlsafe(16) if deployment.config.serve.api_key else ""


def tried(deployment: Deployment, key: str) -> Mapping[str, str]:
    """Settings of a service that is only tested: it has the key, and does not drain."""
    prefix = deployment.package.upper()
    return {f"{prefix}_DRAIN_SECONDS": "0", **({f"{prefix}_API_KEY": key} if key else {})}


def wait(
    ready: Callable[[], bool],
    runs: Callable[[], bool],
    said: Callable[[], Sequence[str]],
    *,
    field: Field | None = None,
    seconds: float = READY_SECONDS,
) -> None:
    """Return once a service is ready; UserError `service-not-ready` with what it said, where it ends or is too slow."""
    deadline = time.monotonic() + seconds
    while not ready():
        ended = not runs()
        if ended or time.monotonic() > deadline:
            text = "the built service does not start" if ended else f"the service is not ready after {seconds:g} s"
            notes = ["\n".join(["its last lines:", *said()[-30:]])]
            raise fail("service-not-ready", text, field=field, notes=notes)
        time.sleep(0.05)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
