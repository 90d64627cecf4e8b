"""The pass that lets a module import from elsewhere what it imports from a prototype."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import libcst as cst

from .source import Import, imports_of

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def redirect(module: cst.Module, origins: Mapping[tuple[str, str], tuple[str, str]]) -> cst.Module:
    """The module whose imports of a name, given as (module, name), are of another one; it is called as before."""
    return module.with_changes(body=[s for statement in module.body for s in _redirected(statement, origins)])


def _redirected(statement: Statement, origins: Mapping[tuple[str, str], tuple[str, str]]) -> list[Statement]:
    found = imports_of(statement)
    if not any((each.module, each.name) in origins for each in found):
        return [statement]
    lines: list[Statement] = [_moved(each, origins).statement() for each in found]
    first = lines[0].with_changes(leading_lines=statement.leading_lines)
    return [first, *lines[1:]]


def _moved(imported: Import, origins: Mapping[tuple[str, str], tuple[str, str]]) -> Import:
    origin = origins.get((imported.module, imported.name))
    if origin is None:
        return imported
    module, name = origin
    return replace(imported, module=module, name=name, alias=imported.bound != name)
