"""The pass that adds imports to those that a module has."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from .source import Import, imports


def add_imports(module: cst.Module, wanted: Sequence[Import]) -> cst.Module:
    """The module with what it does not yet import; ValueError where it imports something else by such a name."""
    has = {i.bound: i for i in imports(module)}
    if clash := [i.bound for i in wanted if has.get(i.bound, i) != i]:
        raise ValueError(f"prototype and implementation import different things as {', '.join(clash)}")
    added = [i.statement() for i in wanted if i.bound not in has]
    at = max((i for i, s in enumerate(module.body) if _is_import(s)), default=_after_docstring(module) - 1) + 1
    return module.with_changes(body=[*module.body[:at], *added, *module.body[at:]])


def _is_import(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom()]):
            return True
    return False


def _after_docstring(module: cst.Module) -> int:
    return 0 if module.get_docstring() is None else 1
