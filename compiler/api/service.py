"""A built service that Python code has started: where it listens, what it answers, and how it ends."""

from __future__ import annotations

import atexit
import html
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from ...schema.diagnostics import fail
from ...targets.deployment import Deployment
from ..cli.serving import start
from ..model_spec import Column
from .errors import told
from .rows import Json, records

LOG_TAIL = 30
STOP_SECONDS = 40
"""As long as a service may finish what it has begun."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service; it ends with `stop()`, at the end of a `with` block, or with this process."""

    url: str
    log: Path
    """What the service writes."""
    process: subprocess.Popen[bytes] = field(repr=False)
    columns: tuple[Column, ...] = field(repr=False)
    """The model's, for rows that have no names."""
    headers: Mapping[str, str] = field(repr=False)

    def predict(self, rows: object) -> list[Json]:
        """The model's predictions, one a row. `rows`: a table (pandas, polars), an array or mappings of names to
        values. DeploycError `request-refused` has what the service says where it does not take them.
        """
        return self.ask("predict", rows)

    def predict_proba(self, rows: object) -> list[Json]:
        """The probabilities by class, one mapping a row."""
        return self.ask("predict_proba", rows)

    def ask(self, method: str, rows: object) -> list[Json]:
        """What a method answers to each row."""
        answers = self.post(f"/{method}", records(rows, self.columns))
        return [*map(_bare, answers)] if isinstance(answers, list) else [answers]

    def get(self, path: str) -> Json:
        """The JSON at a path of the service."""
        return self._sent(path, None)

    def post(self, path: str, body: Json) -> Json:
        """What the service answers to a JSON body."""
        return self._sent(path, json.dumps(body, allow_nan=False).encode())

    def stop(self) -> None:
        """Let the service finish what it has begun, and end it."""
        _end(self.process)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _sent(self, path: str, body: bytes | None) -> Json:
        request = urllib.request.Request(self.url + path, data=body, headers={**self.headers})
        with told():
            return _answer(request)

    def _repr_html_(self) -> str:
        url = html.escape(self.url)
        return f'<div>service at <a href="{url}/">{url}</a>, <a href="{url}/docs">documentation</a></div>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a service is to be started: where it listens, its further variables, how many seconds it may take."""

    host: str
    port: int
    environ: Mapping[str, str]
    wait: float


def started(made: Deployment, folder: Path, columns: tuple[Column, ...], wanted: Wanted) -> Service:
    """The built service, ready. UserError `not-built`, or `service-not-ready` with the end of its log."""
    port = wanted.port or _free_port()
    command = start(made, folder, host=wanted.host, port=port)
    # nobody sends requests here by way of a load balancer, which would have to notice
    prefix = made.package.upper()
    environ = {f"{prefix}_DRAIN_SECONDS": "0", **command.environ, **wanted.environ}
    with NamedTemporaryFile(prefix=f"{made.package}-", suffix=".log", delete=False) as log:
        process = subprocess.Popen(
            command.argv,
            cwd=folder,  # Python before 3.11 would import what is in this process's own folder
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupted cell does not interrupt the service
        )
    key = environ.get(f"{prefix}_API_KEY", "")
    service = Service(
        url=f"http://{_reached(wanted.host)}:{port}",
        log=Path(log.name),
        process=process,
        columns=columns,
        headers={"Content-Type": "application/json", **({"X-API-Key": key} if key else {})},
    )
    atexit.register(_end, process)
    _await(service, wanted.wait)
    return service


def _await(service: Service, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _ready(service):
        ended = service.process.poll() is not None
        if ended or time.monotonic() > deadline:
            service.stop()
            lines = service.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL:]
            text = "the service does not start" if ended else f"the service is not ready after {seconds:g} s"
            raise fail("service-not-ready", text, notes=["\n".join(["its last lines:", *lines])])
        time.sleep(0.05)


def _ready(service: Service) -> bool:
    try:
        with _direct().open(f"{service.url}/readyz", timeout=5):
            return True
    except OSError:
        return False


def _answer(request: urllib.request.Request) -> Json:
    try:
        with _direct().open(request) as response:
            answer: Json = json.loads(response.read())
            return answer
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")
        path = request.selector
        raise fail("request-refused", f"{path} answered {error.code}", notes=[said] if said else []) from None
    except OSError as error:
        text = f"{request.full_url} does not answer: {error}"
        raise fail("request-refused", text, help="start the service again with `run()`") from None


def _direct() -> urllib.request.OpenerDirector:
    """What asks this machine without a proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _bare(answer: Json) -> Json:
    """The value of an answer that is an object with nothing but that value."""
    return next(iter(answer.values())) if isinstance(answer, dict) and len(answer) == 1 else answer


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _reached(host: str) -> str:
    """Where one who is on the same machine finds what listens on `host`."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"[{shown}]" if ":" in shown else shown


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
