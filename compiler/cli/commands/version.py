"""Print deployc's version and those of the tools that it uses.

examples:
  deployc version
"""

from __future__ import annotations

import argparse
import platform
import sys
from importlib.metadata import version

from ...identity import identity

TOOLS = ("libcst", "jinja2", "ruff", "uv", "mypy")


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(options: argparse.Namespace) -> int:
    own = identity()
    sys.stdout.write(f"deployc {own.version} ({own.sources})\npython {platform.python_version()}\n")
    sys.stdout.write("".join(f"{tool} {version(tool)}\n" for tool in TOOLS))
    return 0
