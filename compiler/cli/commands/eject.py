"""Copy the built project, or the template of its framework, to a folder of your own, which deployc never touches.

examples:
  deployc eject                 into ./NAME-service
  deployc eject ../my-service
  deployc eject --template my_template    then `serve: {framework: ./my_template/}`
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from ....schema.diagnostics import fail
from ....targets.project import template_source
from ..session import Session, environment_argument, opened, out_argument


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", nargs="?", metavar="DIR", help="the new folder")
    parser.add_argument("--file", default="deploy.yaml", metavar="FILE", help="the deploy.yaml to use")
    environment_argument(parser)
    out_argument(parser)
    parser.add_argument("--template", metavar="DIR", help="the new folder of a template, instead of a project")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    return _template(session, Path(options.template)) if options.template else _project(session, options)


def _project(session: Session, options: argparse.Namespace) -> int:
    out = Path(options.out or session.out).absolute()
    to = Path(options.to or f"{session.config.name}-service").absolute()
    built = next((out / n for n, e in session.config.targets.items() if e.kind == "project"), out / "project")
    if not (built / "src").is_dir():
        raise fail("not-built", f"there is no built project in {out}", help="run `deployc build` first")
    _free(to)
    shutil.copytree(built, to)
    sys.stderr.write(f"deployc: {to} is yours now: its README says how to install, run and test it\n")
    return 0


def _template(session: Session, to: Path) -> int:
    """The framework's own file, as a template that lies outside deployc."""
    folder = session.root / to
    text = template_source(session.config.serve.framework)
    _free(folder)
    folder.mkdir(parents=True)
    (folder / "app.py").write_text(text, encoding="utf-8")
    sys.stderr.write(f"deployc: {folder / 'app.py'} is yours now; in deploy.yaml: serve: {{framework: ./{to}/}}\n")
    return 0


def _free(folder: Path) -> None:
    if folder.exists():
        raise fail("output-in-the-way", f"{folder} exists already", help="name another folder")
