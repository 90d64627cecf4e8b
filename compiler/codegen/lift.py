"""The pass that lets a module of a package below another one import from that one what both of them share."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import libcst as cst

from .source import Import, imports_of

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def lift(module: cst.Module, shared: Set[str]) -> cst.Module:
    """The module whose imports of the modules named `shared`, which stood beside it, are of the package above."""
    return module.with_changes(body=[s for statement in module.body for s in _lifted(statement, shared)])


def _lifted(statement: Statement, shared: Set[str]) -> list[Statement]:
    found = imports_of(statement)
    if not any(_concerned(each, shared) for each in found):
        return [statement]
    lines = [_moved(each, shared).statement() for each in found]
    first = lines[0].with_changes(leading_lines=statement.leading_lines)
    return [first, *lines[1:]]


def _moved(imported: Import, shared: Set[str]) -> Import:
    return replace(imported, module=f".{imported.module}") if _concerned(imported, shared) else imported


def _concerned(imported: Import, shared: Set[str]) -> bool:
    if not imported.module.startswith(".") or imported.module.startswith(".."):
        return False
    return (imported.module.removeprefix(".") or imported.name) in shared
