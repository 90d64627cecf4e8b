"""Debian's docker-registry on loopback, as a part of tests that push and pull."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .tokens import Tokens

SECONDS = 60

_CONFIG = """\
version: 0.1
log: {{accesslog: {{disabled: false}}, level: info}}
storage:
  filesystem: {{rootdirectory: {folder}/data}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_AUTH = "auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"
_TOKENS = "auth: {{token: {{realm: {realm}, service: tests, issuer: tests, rootcertbundle: {certificate}}}}}\n"

USER, PASSWORD = "ann", "correct horse"
_HASHED = f"{USER}:$2b$04$UgrKS4O2E8JetFMPXpu34.RyS.f88noF7zAdw031wrl4ZYEwXs4WO\n"
"""The same as Apache's htpasswd writes it: bcrypt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A running registry; what it holds and logs is below a folder."""

    address: str
    """Host and port, as they stand before the first "/" of an image's reference."""
    folder: Path

    def requests(self, verb: str) -> list[str]:
        """The paths that were asked for with a verb, in order."""
        lines = (self.folder / "log").read_text(encoding="utf-8").splitlines()
        marked = [line.partition(f'"{verb} ')[2] for line in lines if f'"{verb} ' in line]
        return [line.partition(" ")[0] for line in marked]


@contextmanager
def served(folder: Path, *, private: bool = False, tokens: Tokens | None = None) -> Iterator[Registry]:
    """An empty registry that keeps all below a folder, until the block ends.

    A private one takes USER's login alone; with `tokens` it takes what that server gives.
    """
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("there is no docker-registry here: apt-get install docker-registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "registry.yml"
    text = _CONFIG + (_AUTH if private else "")
    asked = _TOKENS.format(realm=tokens.realm, certificate=tokens.certificate) if tokens else ""
    settings.write_text(text.format(folder=folder, port=port) + asked, encoding="utf-8")
    (folder / "htpasswd").write_text(_HASHED, encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", settings], stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/v2/", process)
        yield Registry(address=f"127.0.0.1:{port}", folder=folder)
    finally:
        process.kill()
        process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return  # it wants a login
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the registry did not start")
