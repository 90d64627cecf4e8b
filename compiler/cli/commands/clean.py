"""Remove what builds have left in the cache and beside deploy.yaml.

Trained outputs are kept, since they cannot be made again for sure, unless --trained says otherwise.

examples:
  deployc clean                  forget what was built here; outputs stay
  deployc clean --cache          remove environments, and all results but trained ones
  deployc clean --cache --trained
  deployc clean --cache --unused 30     only what no build has used for 30 days
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from math import inf
from pathlib import Path

from ....schema.source import read_source
from ...collect import collect
from ...store import Store, default_root
from ..session import STATE, count, file_argument

DAY = 86400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    file_argument(parser)
    parser.add_argument("--cache", action="store_true", help="also remove what this user's cache holds")
    parser.add_argument("--trained", action="store_true", help="with --cache: also what the user's commands made")
    parser.add_argument(
        "--unused", type=count, default=0, metavar="DAYS", help="with --cache: only what was not used for so long"
    )
    parser.set_defaults(refuse=parser.error)


def run(options: argparse.Namespace) -> int:
    for name in ("trained", "unused"):
        if getattr(options, name) and not options.cache:
            options.refuse(f"--{name} goes with --cache")
    if not options.cache:
        read_source(Path(options.file))  # UserError where there is none: the folder may be another than was meant
    if not options.unused:
        _forget(Path(options.file).absolute().parent / STATE)
    if options.cache:
        since = time.time() - options.unused * DAY if options.unused else inf
        store = Store(default_root(dict(os.environ)))
        freed = collect(store, keep_commands=not options.trained, since=since)
        sys.stderr.write(f"deployc: freed {freed / 1e6:.1f} MB\n")
    return 0


def _forget(state: Path) -> None:
    for path in state.glob("*"):
        # these tell which files in an output folder are ours: they go only with them
        if ".outputs-" not in path.name:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
