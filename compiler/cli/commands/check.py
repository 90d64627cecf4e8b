"""Check a deploy.yaml: report every mistake in it, and build nothing.

examples:
  deployc check
  deployc check deploy.yaml --json
"""

from __future__ import annotations

import argparse
import sys

from .. import session


def arguments(parser: argparse.ArgumentParser) -> None:
    session.arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a mistake on standard output")


def run(options: argparse.Namespace) -> int:
    opened = session.opened(options)
    sys.stderr.write(f"deployc: {opened.config.name}: no mistake found\n")
    return 0
