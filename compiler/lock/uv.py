"""Runs deployc's own uv, with the user's credentials, proxies and certificates and none of his other settings."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from shutil import which

import uv as uv_package

from ..process import Processes

_PASSED = re.compile(
    r"UV_(DEFAULT_INDEX|INDEX_URL|INDEX_\w+_(USERNAME|PASSWORD)|CACHE_DIR|HTTP_\w+|REQUEST_TIMEOUT|CONCURRENT_\w+"
    r"|SYSTEM_CERTS|NATIVE_TLS|INSECURE_HOST|KEYRING_PROVIDER|CREDENTIALS_DIR|PYTHON_INSTALL_DIR|PYTHON_CACHE_DIR)"
)
_DROPPED = re.compile("(UV_|PIP_|PYTHON|CONDA_|VIRTUAL_ENV).*")
_CREDENTIALS = re.compile(r"(\w+://)[^\s/]*@")
_FINDING = threading.Lock()
_DEBUG = re.compile(r"\s*(\d+\.\d+\w*\s+)?(DEBUG|TRACE|WARN)\b")


def program() -> str:
    """The path of uv; before Python 3.13 what it is found by, sysconfig, is not for several threads at once."""
    with _FINDING:
        return uv_package.find_uv_bin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Uv:
    """How uv may be run."""

    environ: Mapping[str, str]
    """The user's environment: where his credentials, proxies, certificates and caches are found."""
    offline: bool = False
    processes: Processes
    log: Callable[[str], None]

    def run(self, arguments: Sequence[str], *, folder: Path) -> tuple[int, str]:
        """uv's exit code and all that it said, debug lines included, without credentials or `folder`'s path."""
        command = [program(), *arguments, "--no-config", "--no-python-downloads"]
        command += ["--color", "never", "--no-progress", *(["--offline"] if self.offline else [])]
        # that an index asked for a password is told in a debug line only
        return self.run_other(command, folder=folder, environ={**tool_environ(self.environ), "RUST_LOG": "uv=debug"})

    def run_other(self, command: Sequence[str], *, folder: Path, environ: Mapping[str, str]) -> tuple[int, str]:
        """The same for another tool and its whole environment."""
        secrets = secrets_of(self.environ)
        lines: list[str] = []

        def take(line: str) -> None:
            clean = cleaned(line, secrets).replace(f"{folder}{os.sep}", "")
            lines.append(clean)
            if not is_debug(clean):
                self.log(clean)

        code = self.processes.run(command, folder=folder, environ=environ, log=take)
        return code, "\n".join(lines)


def uv_version() -> str:
    return version("uv")


def tool_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The user's environment for a tool that fetches packages.

    What would change the result is left out: Python's variables (PYTHONDONTWRITEBYTECODE would leave an environment
    without bytecode), pip's and uv's settings, an active environment.
    """
    kept = {k: v for k, v in environ.items() if _PASSED.fullmatch(k) or not _DROPPED.fullmatch(k)}
    if backend := environ.get("PYTHON_KEYRING_BACKEND"):
        kept["PYTHON_KEYRING_BACKEND"] = backend
    if index := default_index(environ):
        kept["UV_DEFAULT_INDEX"] = index
    kept.pop("UV_INDEX_URL", None)
    kept.setdefault("UV_KEYRING_PROVIDER", "subprocess" if which("keyring", path=environ.get("PATH")) else "disabled")
    for name in ("REQUESTS_CA_BUNDLE", "PIP_CERT"):
        if bundle := environ.get(name):
            kept.setdefault("SSL_CERT_FILE", bundle)
    return kept


def default_index(environ: Mapping[str, str]) -> str | None:
    """The index that replaces PyPI for this user, by uv's variables or else pip's; it may hold credentials."""
    return environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or environ.get("PIP_INDEX_URL") or None


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Passwords that must appear nowhere."""
    return tuple(v for k, v in environ.items() if v and re.fullmatch(r"UV_INDEX_\w+_PASSWORD", k))


def cleaned(text: str, secrets: Sequence[str]) -> str:
    """The text without the user part of any address, and without these secrets."""
    for secret in secrets:
        text = text.replace(secret, "****")
    return _CREDENTIALS.sub(r"\1", text)


def is_debug(line: str) -> bool:
    """Whether it is one of the lines that only tell what went wrong when something did."""
    return bool(_DEBUG.match(line))
