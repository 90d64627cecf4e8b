"""The pass that gives a template's module-level constants their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from .source import defined_name


@dataclass(frozen=True, slots=True)
class Code:
    """A value given as an expression's text, such as a type."""

    text: str


def bind(module: cst.Module, values: Mapping[str, object]) -> cst.Module:
    """The module with each constant of `values` bound; ValueError when it has no such constant."""
    missing = set(values) - {name for s in module.body if (name := defined_name(s)) is not None}
    if missing:
        raise ValueError(f"the template has no {', '.join(sorted(missing))}")
    return module.with_changes(body=[_bound(statement, values) for statement in module.body])


def expression(value: object) -> cst.BaseExpression:
    """A value as the expression that makes it."""
    return cst.parse_expression(value.text if isinstance(value, Code) else repr(value))


def _bound(
    statement: cst.SimpleStatementLine | cst.BaseCompoundStatement, values: Mapping[str, object]
) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    name = defined_name(statement)
    match statement:
        case cst.SimpleStatementLine(body=[cst.Assign() | cst.AnnAssign() as assignment]) if (
            name is not None and name in values
        ):
            return statement.with_changes(body=[assignment.with_changes(value=expression(values[name]))])
    return statement
