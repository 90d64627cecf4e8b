"""Finds an installed Python of a wanted minor version."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..schema.diagnostics import fail
from .lock.uv import program, tool_environ

_ASK = "import platform, sys; print(platform.python_version(), platform.machine(), platform.libc_ver()[0] or '-')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An installed Python; two with the same version, implementation and platform are taken for the same."""

    path: Path
    version: str
    """In full: "3.11.7"."""
    implementation: str = "cpython"
    platform: str
    """Operating system and machine, such as "linux-x86_64"; with "-musl" where the C library is not glibc."""


def find(version: str, environ: Mapping[str, str]) -> Interpreter:
    """The Python to use for a minor version such as "3.11", or "" for any: the running one if it fits, else the newest
    patch release that is installed, the first on PATH among equals. Raises UserError `python-not-found`.
    """
    own = running()
    if own.implementation == "cpython" and version in ("", _minor(own.version)):
        return own
    installed = _installed(environ)
    fitting = [(v, path) for v, path in installed if _minor(v) == version]
    if not fitting:
        known = sorted({v for v, _ in installed} | {own.version}, key=_numbers)
        advice = f"install it, for example by `uv python install {version}`, or set `python:` to one that is there"
        notes = (f"installed: {', '.join(known)}",)
        raise fail(
            "python-not-found", f"Python {version} is not installed", field=("python",), help=advice, notes=notes
        )
    newest = max(_numbers(v) for v, _ in fitting)
    return _asked(next(path for v, path in fitting if _numbers(v) == newest))


def running() -> Interpreter:
    """The interpreter that runs deployc; that of its base where deployc is installed in an environment."""
    return Interpreter(
        path=Path(_base()),
        version=platform.python_version(),
        implementation=sys.implementation.name,
        platform=_platform(platform.machine(), platform.libc_ver()[0]),
    )


def _base() -> str:
    """The program that a virtual environment was made from; outside of one, the running program."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    # no public name has it; before 3.11 it is the environment's own program, which is a link to the base's
    base = str(getattr(sys, "_base_executable", sys.executable))
    return os.path.realpath(base) if base == sys.executable else base


def _installed(environ: Mapping[str, str]) -> list[tuple[str, Path]]:
    """Version and path of every CPython that uv sees, in the order of its search."""
    command = [program(), "python", "list", "--only-installed", "--no-config", "--no-python-downloads"]
    command += ["--offline", "--output-format", "json"]
    told = {**tool_environ(environ), "PATH": _search_path(environ)}
    found = subprocess.run(command, env=told, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    listed = json.loads(found.stdout) if found.returncode == 0 else []
    return [
        (item["version"], Path(item["path"]))
        for item in listed
        if item["implementation"] == "cpython" and item["variant"] == "default"
    ]


def _search_path(environ: Mapping[str, str]) -> str:
    """PATH, with pyenv's versions in place of its shims, which answer only for the version that is selected."""
    pyenv = Path(environ.get("PYENV_ROOT") or os.path.join(environ.get("HOME", ""), ".pyenv"))
    folders = [f for f in environ.get("PATH", os.defpath).split(os.pathsep) if f and Path(f) != pyenv / "shims"]
    return os.pathsep.join([*folders, *(str(f) for f in sorted(pyenv.glob("versions/*/bin")))])


def _asked(path: Path) -> Interpreter:
    found = subprocess.run([path, "-I", "-c", _ASK], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise fail("python-not-found", f"the Python at {path} does not start", notes=(found.stderr.strip(),))
    version, machine, libc = found.stdout.split()
    return Interpreter(path=path, version=version, platform=_platform(machine, libc))


def _platform(machine: str, libc: str) -> str:
    return f"{sys.platform}-{machine.lower()}" + ("-musl" if sys.platform == "linux" and libc != "glibc" else "")


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, ...]:
    """For order: 3.9.2 before 3.11.0, a pre-release (3.14.0rc1) before all releases."""
    parts = version.split(".")
    return tuple(int(p) for p in parts) if all(p.isdigit() for p in parts) else (0,)
