"""The pass that takes statements and arguments out of functions which use what a project has not."""

from __future__ import annotations

from collections.abc import Set

import libcst as cst

from .source import change_statements, mentions

Removed = cst.RemovalSentinel
REMOVE = cst.RemovalSentinel.REMOVE


def cut(module: cst.Module, names: Set[str]) -> cst.Module:
    """The module without what uses one of the names inside its functions.

    That is: simple statements that mention one, `if`s whose condition does, and parameters and keyword arguments that
    are called so. An `if` with an `else` is left, for the type checker to find; so is any other use.
    """
    return change_statements(module, lambda statement: mentions(statement, names), _Cut(frozenset(names)))


class _Cut(cst.CSTTransformer):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._functions = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        self._functions += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:  # noqa: N802
        self._functions -= 1
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802
        kept = [a for a in updated_node.args if a.keyword is None or a.keyword.value not in self._names]
        if len(kept) == len(updated_node.args):
            return updated_node
        kept[-1:] = [argument.with_changes(comma=cst.MaybeSentinel.DEFAULT) for argument in kept[-1:]]
        return updated_node.with_changes(args=kept)

    def leave_Parameters(self, original_node: cst.Parameters, updated_node: cst.Parameters) -> cst.Parameters:  # noqa: N802
        kept = [p for p in updated_node.params if p.name.value not in self._names]
        if len(kept) == len(updated_node.params):
            return updated_node
        kept[-1:] = [parameter.with_changes(comma=cst.MaybeSentinel.DEFAULT) for parameter in kept[-1:]]
        return updated_node.with_changes(params=kept)

    def leave_SimpleStatementLine(  # noqa: N802
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | Removed:
        return REMOVE if self._functions and mentions(updated_node, self._names) else updated_node

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If | Removed:  # noqa: N802
        if self._functions and updated_node.orelse is None and mentions(updated_node.test, self._names):
            return REMOVE
        return updated_node

    def leave_IndentedBlock(  # noqa: N802
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node if updated_node.body else updated_node.with_changes(body=[cst.parse_statement("pass")])
