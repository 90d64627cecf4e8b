"""What was meant by a word that stands where a deploy.yaml is named, and that names no file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...schema.decode import read_config
from ...schema.diagnostics import UserError
from ...targets.catalogs import CHECKS, TARGETS
from ...targets.catalogs import catalogs as known

FILE = "deploy.yaml"


def meant(options: argparse.Namespace) -> str:
    """Advice for such a word; empty where it may well be a file's name."""
    word = str(options.file)
    if Path(word).exists() or not word.isprintable() or set(word) & set("./\\"):
        return ""
    if word in _targets():
        return f"FILE is a deploy.yaml; a target is named by --target, as in `deployc build --target {word}`"
    if word in TARGETS.names():
        return f"FILE is a deploy.yaml; what is built stands in its `targets`, such as `{word}: {{}}`"
    if word in CHECKS.names():
        return f"FILE is a deploy.yaml; what is tested stands in its `tests`, such as `{word}: {{}}`"
    return ""


def _targets() -> frozenset[str]:
    """The targets of the deploy.yaml in this folder; none where it has mistakes, or is not there."""
    try:
        return frozenset(read_config(Path(FILE), known()).config.targets)
    except UserError:
        return frozenset()
