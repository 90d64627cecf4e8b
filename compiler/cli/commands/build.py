"""Build what deploy.yaml names, as far as it is not built already.

examples:
  deployc build                       build deploy.yaml in this folder
  deployc build examples/quickstart/deploy.yaml
  deployc build --target wheel        only one target, and all tests
  deployc build --only train          only one node and what it needs
  deployc build --json                one event a line, for programs
  deployc build --publish             then send it where others look
"""

from __future__ import annotations

import argparse
import os

from ....schema.diagnostics import fail
from ....targets.deployment import Deployment
from ..building import build
from ..publishing import sent
from ..session import Session, count, deployment, opened, out_argument, plan, plan_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    plan_arguments(parser)
    build_arguments(parser)
    parser.add_argument("--publish", action="store_true", help="then publish it, as `deployc publish` does")
    parser.set_defaults(key="")


def build_arguments(parser: argparse.ArgumentParser) -> None:
    """How the commands that build do it."""
    parser.add_argument("-j", "--jobs", type=count, default=os.cpu_count() or 2, metavar="N", help="nodes at a time")
    parser.add_argument("--keep-going", action="store_true", help="let nodes that do not need a failed one finish")
    parser.add_argument("--force", action="store_true", help="replace outputs that were edited by hand")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    out_argument(parser, "where outputs go (default: build beside FILE)")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    options.out = options.out or str(session.out)
    made = deployment(session, options)
    if options.publish:
        return _published(session, made, options)
    return build(session, plan(session, made, options), made, options)


def _published(session: Session, made: Deployment, options: argparse.Namespace) -> int:
    if options.only:
        raise fail("not-publishable", "--only puts nothing out, so nothing of it can be published")
    options.names = options.target
    then = sent(session, made, options)
    return build(session, plan(session, made, options), made, options, then)
