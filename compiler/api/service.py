"""A built service that Python code has started: where it listens, what it answers, and how it ends."""

from __future__ import annotations

import atexit
import html
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from ...schema.diagnostics import fail
from ...targets.checks.booted import Json, free_port, wait
from ...targets.deployment import Deployment
from ..cli.serving import start
from ..model_spec import Column
from . import keeper
from .errors import told
from .rows import records

STOP_SECONDS = 40
"""As long as a service may finish what it has begun."""
ANSWER_SECONDS = 600
"""As long as it may be silent: many rows of a slow model take their time."""


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
        with told():
            answers = self.post(f"/{method}", records(rows, self.columns))
        return [*map(_bare, answers)] if isinstance(answers, list) else [answers]

    def get(self, path: str) -> Json:
        """The JSON at a path of the service; of a page, or of what else is none, the text."""
        with told():
            return self._sent(path, None)

    def post(self, path: str, body: Json) -> Json:
        """What the service answers to a JSON body. DeploycError `bad-rows`: JSON cannot say this body."""
        with told():
            return self._sent(path, _written(body))

    def ready(self) -> bool:
        """Whether the service takes requests."""
        try:
            with _direct().open(f"{self.url}/readyz", timeout=5):
                return True
        except (OSError, HTTPException):
            return False

    def lines(self) -> list[str]:
        """What the service has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()

    def stop(self) -> None:
        """Let the service finish what it has begun, and end it."""
        _end(self.process)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _sent(self, path: str, body: bytes | None) -> Json:
        request = urllib.request.Request(self.url + path, data=body, headers={**self.headers})
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
    port = wanted.port or free_port()
    command = start(made, folder, host=wanted.host, port=port)
    # nobody sends requests here by way of a load balancer, which would have to notice
    prefix = made.package.upper()
    environ = {f"{prefix}_DRAIN_SECONDS": "0", **command.environ, **wanted.environ}
    with NamedTemporaryFile(prefix=f"{made.package}-", suffix=".log", delete=False) as log:
        # Python before 3.11 would import what is in this process's own folder
        process = launched(command.argv, folder=folder, environ=environ, log=log)
    key = _key(environ, f"{prefix}_API_KEY", folder)
    service = Service(
        url=f"http://{_reached(wanted.host)}:{port}",
        log=Path(log.name),
        process=process,
        columns=columns,
        headers={"Content-Type": "application/json", **({"X-API-Key": key} if key else {})},
    )
    atexit.register(_end, process)
    return awaited(service, wanted.wait)


def launched(
    command: Sequence[str], *, folder: Path, environ: Mapping[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """A command of Python's that writes to `log`, and ends once `Service.stop` says so or this process is gone."""
    return subprocess.Popen(
        [command[0], "-I", keeper.__file__, str(STOP_SECONDS), *command],
        cwd=folder,
        env=environ,
        bufsize=0,
        stdin=subprocess.PIPE,  # its other end is closed with this process, however that ends
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # an interrupted cell does not interrupt the service
    )


def awaited(service: Service, seconds: float) -> Service:
    """The service once it is ready; where it never is, it is stopped."""
    try:
        wait(service.ready, lambda: service.process.poll() is None, service.lines, seconds=seconds)
    except BaseException:  # a cell that is interrupted has no service that it could stop
        service.stop()
        raise
    return service


def _key(environ: Mapping[str, str], name: str, folder: Path) -> str:
    """The key that a service which is started in `folder` reads; whatever keeps it from reading it, it tells itself."""
    file = environ.get(f"{name}_FILE")
    with suppress(OSError, UnicodeDecodeError):
        return (folder / file).read_text(encoding="utf-8").strip() if file else environ.get(name, "")
    return ""


def _written(body: Json) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise fail("bad-rows", f"JSON cannot say this body: {error}") from None


def _answer(request: urllib.request.Request) -> Json:
    try:
        with _direct().open(request, timeout=ANSWER_SECONDS) as response:
            said = response.read()
            answer: Json = json.loads(said) if _is_json(response.headers) else said.decode("utf-8", "replace")
            return answer
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")
        path = request.selector
        raise fail("request-refused", f"{path} answered {error.code}", notes=[said] if said else []) from None
    except (OSError, HTTPException) as error:
        text = f"{request.full_url} does not answer: {error}"
        raise fail("request-refused", text, help="start the service again with `run()`") from None


def _is_json(headers: Message) -> bool:
    kind = headers.get_content_subtype()
    return kind == "json" or kind.endswith("+json")


def _direct() -> urllib.request.OpenerDirector:
    """What asks this machine without a proxy."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _bare(answer: Json) -> Json:
    """The value of an answer that is an object with nothing but that value."""
    return next(iter(answer.values())) if isinstance(answer, dict) and len(answer) == 1 else answer


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin and not process.stdin.closed:
        with suppress(BrokenPipeError):  # it has ended already
            process.stdin.write(b"\n")  # to close is not enough where a fork of this process has the pipe too
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS + 5)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _reached(host: str) -> str:
    """Where one who is on the same machine finds what listens on `host`."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"[{shown}]" if ":" in shown else shown
