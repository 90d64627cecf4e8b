"""The wheels that a lock names, as files: what a machine without a network installs from."""

from __future__ import annotations

from pathlib import Path

from ...schema.diagnostics import Field, fail
from .. import environment
from ..interpreter import Interpreter
from .failures import explain
from .piptools import pip_environ, versions
from .piptools_pins import PINS
from .uv import Uv

__all__ = ["download", "versions"]


def download(
    requirements: str, to: Path, *, interpreter: Interpreter, uv: Uv, cache: Path, scratch: Path, field: Field
) -> None:
    """Put the wheels of hashed requirements into the folder `to`, for this platform and the interpreter's version.

    uv, which installs all else, cannot keep wheels: pip can. UserError `no-wheel` where there is a source alone,
    `offline-miss` without the network, and as pip fails.
    """
    if uv.offline:
        advice = "run it once without --offline"
        message = "the wheels of a bundle cannot be fetched without the network"
        raise fail("offline-miss", message, field=field, help=advice)
    python = environment.realise(PINS, interpreter, root=cache, indexes={}, uv=uv)
    (scratch / "requirements.txt").write_text(requirements, encoding="utf-8")
    command = [str(python), "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--progress-bar", "off", "--dest", str(to), "--requirement", "requirements.txt"]
    code, said = uv.run_other(command, folder=scratch, environ=pip_environ(uv.environ))
    if code != 0:
        message = "the wheels of a bundle could not be fetched"
        raise explain(said, offline=False, indexes={}, code="install-failed", message=message, field=field)
