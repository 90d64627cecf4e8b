"""Reading a model that is named on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ...schema.diagnostics import fail
from ...targets.deployment import allow_list
from ..formats.inspection import inspect, stored
from ..formats.split import split
from ..model_spec import ModelSpec
from ..store import Store, default_root
from .allow import allowed


def inspected(model: Path, sample: Path | None, allow: Iterable[str]) -> ModelSpec:
    """What a model file or folder is; UserError where it cannot be read or is not trusted."""
    for path in (model, *([sample] if sample else [])):
        if not path.exists():
            raise fail("missing-file", f"no file {path}")
    cas = Store(default_root(dict(os.environ))).cas
    canonical, _ = split(cas, stored(cas, model))
    rows = sample.read_bytes() if sample else None
    return inspect(cas, canonical, sample=rows, allowed=allow_list(allowed(os.environ, allow), ()))
