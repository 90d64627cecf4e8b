"""Resolution by pip-tools, for the interpreter and the platform that it runs on."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...schema.diagnostics import fail
from ...schema.lockfile import Pin, pins
from .. import environment, interpreter
from .piptools_pins import PINS
from .universal import after, hashed, unresolvable
from .uv import Uv, default_index, tool_environ
from .wanted import Wanted


def resolve(wanted: Wanted, preferred: str, *, uv: Uv, scratch: Path, cache: Path) -> tuple[Pin, ...]:
    """The pins that pip-tools finds, `preferred` versions (a requirements.txt) kept where they can be."""
    if uv.offline:
        advice = "run it once without --offline, or take `resolver: uv`"
        message = "pip-tools cannot resolve without the network"
        raise fail("offline-miss", message, field=("lock", "resolver"), help=advice)
    found = interpreter.find(wanted.python, uv.environ)
    python = environment.realise(PINS, found, root=cache, indexes={}, uv=uv)
    (scratch / "requirements.in").write_text("".join(f"{w.text}\n" for w in wanted.requirements), encoding="utf-8")
    output = scratch / "requirements.txt"
    output.write_text(preferred, encoding="utf-8")
    command = [str(python), "-m", "piptools", "compile", "requirements.in", "--output-file", output.name]
    command += _options(wanted)
    code, said = uv.run_other(command, folder=scratch, environ=pip_environ(uv.environ))
    if code != 0:
        told = re.sub(r"-r requirements\.in \(line (\d+)\)", lambda m: wanted.requirements[int(m[1]) - 1].text, said)
        raise unresolvable(wanted, told + _reason(said, python, uv, scratch), offline=False)
    return hashed(output.read_text(encoding="utf-8"))


def _reason(said: str, python: Path, uv: Uv, scratch: Path) -> str:
    """What pip says when it is asked for the package that was not found: pip-tools hides that it lacks a password."""
    missing = re.search(r"requirement ([\w.-]+).*\(from versions: none\)", said)
    if not missing:
        return ""
    command = [str(python), "-m", "pip", "download", "-vv", "--no-deps", "--dest", "found", missing[1]]
    quietly = replace(uv, log=lambda line: None)
    return "\n" + quietly.run_other(command, folder=scratch, environ=pip_environ(uv.environ))[1]


def versions() -> tuple[str, ...]:
    """What identifies the tool: "pip 26.3", "pip-tools 7.6.2"."""
    return tuple(f"{pin.name} {pin.version}" for pin in pins(PINS) if pin.name in ("pip", "pip-tools"))


def pip_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The user's environment for pip: its index, certificates and time-outs, and no pip.conf."""
    told = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    told |= {k: environ[k] for k in ("PIP_CERT", "PIP_DEFAULT_TIMEOUT", "PIP_KEYRING_PROVIDER") if k in environ}
    if index := default_index(environ):
        told["PIP_INDEX_URL"] = index
    return {**tool_environ(environ), **told}


def _options(wanted: Wanted) -> list[str]:
    options = ["--no-config", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--no-header", "--no-annotate"]
    options += ["--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options", "--quiet"]
    return [*options, *(["--uploaded-prior-to", after(wanted.cutoff)] if wanted.cutoff else [])]
