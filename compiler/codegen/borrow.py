"""The pass that lets a module import what it would define itself."""

from __future__ import annotations

from collections.abc import Set

import libcst as cst

from .add_imports import add_imports
from .source import Import, defined_name, definitions


def borrow(module: cst.Module, names: Set[str], origin: str) -> cst.Module:
    """The module without its definitions of these names, which it imports from `origin` and hands on to others.

    ValueError names those that it has not.
    """
    if missing := names - definitions(module.body).keys():
        raise ValueError(f"the template has no {', '.join(sorted(missing))}")
    kept = module.with_changes(body=[s for s in module.body if defined_name(s) not in names])
    return add_imports(kept, [Import(module=origin, name=name, bound=name, alias=True) for name in sorted(names)])
