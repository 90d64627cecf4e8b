"""Starting a built service: its locked environment, and the command that runs it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schema.diagnostics import fail
from ...targets.deployment import Deployment
from .. import environment
from ..lock.uv import Uv
from ..process import Processes
from .session import built_project


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A command as the system takes it."""

    argv: tuple[str, ...]
    environ: Mapping[str, str]


def start(made: Deployment, folder: Path, *, host: str, port: int) -> Start:
    """What starts the project that was built below `folder`; UserError `not-built` where there is none."""
    project = built_project(made, folder)
    section = made.lockfile.sections.get("serve")
    if section is None:
        raise fail("not-built", "the lock does not say what the service needs", help="run `deployc build` first")
    python = environment.realise(
        section.requirements,
        made.interpreter,
        root=made.store.environments,
        indexes=made.config.lock.indexes,
        uv=Uv(environ=made.environ, offline=made.offline, processes=Processes(), log=lambda line: None),
    )
    prefix = made.package.upper()
    settings = {f"{prefix}_HOST": host, f"{prefix}_PORT": str(port), "PYTHONPATH": str(project / "src")}
    # a file of the user's that has the package's name is not the package
    environ = {**made.environ, **settings, "PYTHONSAFEPATH": "1"}
    return Start(argv=(str(python), "-m", made.package), environ=environ)
