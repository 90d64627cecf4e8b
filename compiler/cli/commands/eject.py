"""Copy the built project to a folder of your own, to edit and keep: deployc never touches the copy.

examples:
  deployc eject                 into ./NAME-service
  deployc eject ../my-service
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from ....schema.diagnostics import fail
from ..session import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", nargs="?", metavar="DIR", help="the new folder")
    parser.add_argument("--file", default="deploy.yaml", metavar="FILE", help="the deploy.yaml to use")
    parser.add_argument("-o", "--out", default=None, metavar="DIR", help="where the outputs are")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    out = Path(options.out or session.root / "build").absolute()
    to = Path(options.to or f"{session.config.name}-service").absolute()
    built = next((out / n for n, e in session.config.targets.items() if e.kind == "project"), out / "project")
    if not (built / "src").is_dir():
        raise fail("not-built", f"there is no built project in {out}", help="run `deployc build` first")
    if to.exists():
        raise fail("output-in-the-way", f"{to} exists already", help="name another folder")
    shutil.copytree(built, to)
    sys.stderr.write(f"deployc: {to} is yours now: its README says how to install, run and test it\n")
    return 0
