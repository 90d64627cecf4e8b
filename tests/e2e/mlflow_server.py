"""MLflow's own server with a password, and what may stand in its place or between it and its client."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import uv

from .mlflow_store import Store

PASSWORD = "Correct-Horse-9-Battery"
READER = "Reader-8-Of-Nothing-Yet"
SECONDS = 300
"""A server on a busy machine starts slowly."""

_AUTH = """\
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///{folder}/auth.db
admin_username = admin
admin_password = {password}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server, and who may ask it."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def admin(self) -> dict[str, str]:
        return {"MLFLOW_TRACKING_URI": self.url, **_user("admin", PASSWORD)}

    @property
    def nobody(self) -> dict[str, str]:
        """A user who may see nothing."""
        return {"MLFLOW_TRACKING_URI": self.url, **_user("nobody", READER)}

    @property
    def store(self) -> Store:
        return Store(uri=self.url, variables=self.admin)

    def stop(self) -> None:
        """End it with the processes that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)


def installed(folder: Path) -> Path:
    """The Python of an environment with all of MLflow, of the version that the client here has."""
    wanted = f"mlflow[auth]=={version('mlflow-skinny')}"
    marker = folder / "installed"
    if not marker.exists() or marker.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([uv.find_uv_bin(), "venv", "-q", folder], check=True)
        install = [uv.find_uv_bin(), "pip", "install", "-q", "--python", folder / "bin/python", wanted, "skops"]
        subprocess.run(install, check=True)
        marker.write_text(wanted)
    return folder / "bin" / "python"


@contextmanager
def served(python: Path, folder: Path) -> Iterator[Server]:
    """MLflow's server with a password, on loopback; its store and artifacts are below a folder."""
    settings = folder / "auth.ini"
    settings.write_text(_AUTH.format(folder=folder, password=PASSWORD))
    port = free_port()
    environ = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_AUTH_CONFIG_PATH": str(settings)}
    # what it would otherwise start beside itself takes longer than all else
    environ |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environ |= {"MLFLOW_FLASK_SERVER_SECRET_KEY": "none", "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [python, "-m", "mlflow", "server", "--app-name", "basic-auth", "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder / "artifacts"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True)
    server = Server(url=f"http://127.0.0.1:{port}", process=process)
    try:
        _wait(server, folder / "server.log")
        _add_user(server)
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a server that answers everything with one status; 0 is one that never answers."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not status:
                ended.wait()
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815  http.server's own name

        def log_message(self, format: str, *args: object) -> None: ...

    with _listening(Handler) as url:
        try:
            yield url
        finally:
            ended.set()


@contextmanager
def cutting(upstream: str, suffix: str) -> Iterator[str]:
    """The address of a proxy that breaks off in the midst of files whose names end so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {k: v for k, v in self.headers.items() if k in ("Authorization", "Content-Type")}
            body = self.rfile.read(length) if length else None
            request = urllib.request.Request(upstream + self.path, body, headers, method=self.command)
            with urllib.request.urlopen(request) as answer:
                data = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if self.path.endswith(suffix) else data)
            self.close_connection = True

        do_POST = do_GET  # noqa: N815  http.server's own name

        def log_message(self, format: str, *args: object) -> None: ...

    with _listening(Handler) as url:
        yield url


@contextmanager
def _listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _user(name: str, password: str) -> Mapping[str, str]:
    return {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": password}


def _wait(server: Server, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def _add_user(server: Server) -> None:
    body = json.dumps({"username": "nobody", "password": READER}).encode()
    who = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {who}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/2.0/mlflow/users/create", body, headers)
    with urllib.request.urlopen(request):
        pass
