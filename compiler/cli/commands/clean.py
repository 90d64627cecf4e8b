"""Remove what builds have left in the cache and beside deploy.yaml.

Trained outputs are kept, since they cannot be made again for sure, unless --trained says otherwise.

examples:
  deployc clean                  forget what was built here; outputs stay
  deployc clean --cache          remove environments, and all results but trained ones
  deployc clean --cache --trained
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from ....schema.source import read_source
from ...collect import collect
from ...store import Store, default_root
from ..session import STATE, file_argument


def arguments(parser: argparse.ArgumentParser) -> None:
    file_argument(parser)
    parser.add_argument("--cache", action="store_true", help="also remove what this user's cache holds")
    parser.add_argument("--trained", action="store_true", help="with --cache: also what the user's commands made")
    parser.set_defaults(refuse=parser.error)


def run(options: argparse.Namespace) -> int:
    if options.trained and not options.cache:
        options.refuse("--trained goes with --cache")
    if not options.cache:
        read_source(Path(options.file))  # UserError where there is none: the folder may be another than was meant
    state = Path(options.file).absolute().parent / STATE
    for path in state.glob("*"):
        # these tell which files in an output folder are ours: they go only with them
        if ".outputs-" not in path.name:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if options.cache:
        freed = collect(Store(default_root(dict(os.environ))), keep_commands=not options.trained)
        sys.stderr.write(f"deployc: freed {freed / 1e6:.1f} MB\n")
    return 0
