"""Start the built service, in its own locked environment.

examples:
  deployc run
  deployc run --port 9000
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ....schema.diagnostics import fail
from ... import environment
from ...lock.uv import Uv
from ...process import Processes
from ..session import arguments as file_argument
from ..session import built_project, deployment, machine_arguments, opened


def arguments(parser: argparse.ArgumentParser) -> None:
    file_argument(parser)
    machine_arguments(parser)
    parser.set_defaults(locked=True)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on (default: serve.port)")
    parser.add_argument("-o", "--out", default=None, metavar="DIR", help="where the outputs are")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    made = deployment(session, options)
    folder = Path(options.out or session.out).absolute()
    project = built_project(made, folder)
    section = made.lockfile.sections.get("serve")
    if section is None:
        raise fail("not-built", "deploy.lock does not say what the service needs", help="run `deployc build` first")
    python = environment.realise(
        section.requirements,
        made.interpreter,
        root=made.store.environments,
        indexes=made.config.lock.indexes,
        uv=Uv(environ=made.environ, offline=made.offline, processes=Processes(), log=lambda line: None),
    )
    prefix = made.package.upper()
    settings = {f"{prefix}_HOST": options.host, f"{prefix}_PORT": str(options.port or made.config.serve.port)}
    environ = {**made.environ, **settings, "PYTHONPATH": str(project / "src")}
    # the service takes this process's place, so that signals and the exit code are its own
    os.execve(python, [str(python), "-m", made.package], environ)
