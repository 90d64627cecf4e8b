"""A Docker engine of the tests' own, one at a time on a machine; what it has built is kept for the next one."""

from __future__ import annotations

import fcntl
import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import base

SECONDS = 60
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
BASE = f"deployc-base:{base.SUITE}"
"""Debian with Python, in the engine; what is built on it trusts what this machine does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running engine."""

    host: str
    """As DOCKER_HOST names it."""

    def docker(self, *arguments: str | Path) -> str:
        """What the command `docker` prints; an assertion fails where it fails."""
        done = subprocess.run(
            ["docker", "-H", self.host, *arguments],
            env={**os.environ, "DOCKER_BUILDKIT": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def served() -> Iterator[Engine]:
    """An engine until the block ends, with BASE in it and without containers; its builds reach the network as host's.

    Skips where there is none, or it cannot be started because this is not root.
    """
    if shutil.which("dockerd") is None or os.getuid() != 0:
        pytest.skip("there is no dockerd here, or this is not root: apt-get install docker.io")
    folder = Path(tempfile.gettempdir()) / f"deployc-e2e-{getpass.getuser()}" / "engine"
    folder.mkdir(mode=0o700, exist_ok=True, parents=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(_command(folder), stdout=log, stderr=log)
        try:
            engine = Engine(host=f"unix://{folder}/docker.sock")
            _wait(engine, process, folder / "log")
            _clean(engine)
            _import_base(engine)
            yield engine
        finally:
            process.terminate()
            process.wait(SECONDS)


def _command(folder: Path) -> list[str | Path]:
    # a bridge that is there already, another engine's or an earlier one's, is taken as it is
    address = () if Path("/sys/class/net/docker0").exists() else ("--bip", "172.30.253.1/24")
    return [
        *("dockerd", "--host", f"unix://{folder}/docker.sock", "--pidfile", folder / "pid"),
        *("--data-root", folder / "data", "--exec-root", folder / "exec"),
        # neither the machine's own rules nor its own networks are touched
        *("--iptables=false", "--ip6tables=false", *address),
        *("--insecure-registry", "127.0.0.0/8"),
    ]


def _wait(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if subprocess.run(["docker", "-H", engine.host, "info"], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-4000:])


def _clean(engine: Engine) -> None:
    """Remove what an earlier run has left, but for what makes the next builds fast."""
    if left := engine.docker("ps", "--all", "--quiet").split():
        engine.docker("rm", "--force", *left)
    engine.docker("image", "prune", "--force", "--filter", "until=48h")


def _import_base(engine: Engine) -> None:
    if engine.docker("images", "--quiet", BASE).strip():
        return
    packed = ["tar", "-c", "--exclude=./dev/*", f"--exclude=./{CERTIFICATES}", "-C", base.rootfs(), "."]
    trusted = ["-C", "/", CERTIFICATES] if Path("/", CERTIFICATES).exists() else []
    with subprocess.Popen([*packed, *trusted], stdout=subprocess.PIPE) as tar:
        change = f"ENV PIP_CERT=/{CERTIFICATES}"
        command = ["docker", "-H", engine.host, "import", "--change", change, "-", BASE]
        subprocess.run(command, stdin=tar.stdout, stdout=subprocess.DEVNULL, check=True)
