"""The operator's allow-list: what model files may name, from his own configuration and command line only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def allowed(environ: Mapping[str, str], named: Iterable[str]) -> tuple[str, ...]:
    """Names allowed beyond the built-in list: --allow, and the lines of deployc/allow below the configuration folder.

    Nothing in a project or a model can add to it.
    """
    try:
        lines = place(environ).read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    texts = (line.partition("#")[0].strip() for line in lines)
    return tuple(sorted({*(text for text in texts if text), *named}))


def place(environ: Mapping[str, str]) -> Path:
    """The operator's file."""
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    return Path(home) / "deployc" / "allow"
