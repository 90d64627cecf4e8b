"""List what deploy.yaml may name: frameworks, flavors, optimizers, targets or tests.

examples:
  deployc list targets
  deployc list frameworks --json
"""

from __future__ import annotations

import argparse
import json
import sys

from ....targets.catalogs import BY_NAME


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", choices=["frameworks", "flavors", "optimizers", "targets", "tests"], help="what to list"
    )
    parser.add_argument("--json", action="store_true", help="a JSON list on standard output")


def run(options: argparse.Namespace) -> int:
    catalog = BY_NAME[options.what]
    rows = {name: catalog.summary(name) for name in catalog.names()}
    if options.json:
        sys.stdout.write(json.dumps([{"name": name, "summary": text} for name, text in rows.items()]) + "\n")
    else:
        sys.stdout.write("".join(f"{name:<12} {text}\n" for name, text in rows.items()))
    return 0
