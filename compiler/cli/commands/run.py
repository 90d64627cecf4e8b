"""Start the built service, in its own locked environment or as a container.

examples:
  deployc run
  deployc run --port 9000
  deployc run --target docker         build/docker as an image in the Docker engine, and a container of it
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn

from ....schema.diagnostics import UserError, fail
from ....schema.suggest import suggest
from ....targets.catalogs import TARGETS
from ....targets.deployment import Deployment
from ..serving import start
from ..session import arguments as file_argument
from ..session import deployment, machine_arguments, opened, out_argument


def arguments(parser: argparse.ArgumentParser) -> None:
    file_argument(parser)
    machine_arguments(parser)
    parser.set_defaults(locked=True)
    parser.add_argument("--target", metavar="T", help="an image target, to be run by the Docker engine")
    parser.add_argument("--no-start", action="store_true", help="only bring the image of --target into the engine")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on (default: serve.port)")
    out_argument(parser)


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    made = deployment(session, options)
    folder = Path(options.out or session.out).absolute()
    if options.target is None:
        _serve(made, folder, options)
    _runnable(made, options.target)
    try:
        # docker takes longer to import than all else here
        from ..containers import run_image

        return run_image(made, options.target, options, folder)
    except UserError as error:
        raise session.placed(error) from None


def _runnable(made: Deployment, name: str) -> None:
    """UserError where no container can be made of the target."""
    targets = made.config.targets
    if name not in targets:
        raise fail("unknown-target", f"no target `{name}`", help=suggest(name, targets))
    if not hasattr(TARGETS.load(targets[name].kind), "loaded"):
        text = f"the target `{name}` makes no image that the Docker engine could run"
        raise fail("not-runnable", text, help="`deployc run` alone runs the project")


def _serve(made: Deployment, folder: Path, options: argparse.Namespace) -> NoReturn:
    found = start(made, folder, host=options.host, port=options.port or made.config.serve.port)
    # the service takes this process's place, so that signals and the exit code are its own
    os.execve(found.argv[0], found.argv, found.environ)
