"""The pass that takes definitions out of a template, with every import and table entry that mentions them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TypeVar

import libcst as cst

from .source import change_statements, mentions

Removed = cst.RemovalSentinel
REMOVE = cst.RemovalSentinel.REMOVE
Kind = TypeVar("Kind", bound=cst.CSTNode)
_NOTHING = cst.Pass()


def drop(module: cst.Module, names: Set[str]) -> cst.Module:
    """The module without the functions, methods, classes and variables that have one of the names.

    What imports one of them, or stands in a list, tuple, set or dictionary and mentions one (as a name, an attribute,
    a keyword, or a string that is exactly it), goes too; what is unpacked there goes where it is such a name or a call
    of one. Other uses are left for the type checker to find, as in `*map(convert, rows)`, which is all of a list.
    """
    return change_statements(module, lambda statement: mentions(statement, names), _Drop(frozenset(names)))


class _Drop(cst.CSTTransformer):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._functions = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        self._functions += 1

    def leave_FunctionDef(  # noqa: N802
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | Removed:
        self._functions -= 1
        return REMOVE if not self._functions and updated_node.name.value in self._names else updated_node

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef | Removed:  # noqa: N802
        if not self._functions and updated_node.name.value in self._names:
            return REMOVE
        if updated_node.body.body:
            return updated_node
        return updated_node.with_changes(body=cst.IndentedBlock([cst.parse_statement("pass")]))

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign | Removed:  # noqa: N802
        match updated_node.targets:
            case [cst.AssignTarget(target=cst.Name(value=name))] if not self._functions and name in self._names:
                return REMOVE
        return updated_node

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign | Removed:  # noqa: N802
        match updated_node.target:
            case cst.Name(value=name) if not self._functions and name in self._names:
                return REMOVE
        return updated_node

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | Removed:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        kept = [alias for alias in updated_node.names if alias.evaluated_name not in self._names]
        if len(kept) == len(updated_node.names):
            return updated_node
        kept[-1:] = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in kept[-1:]]
        return updated_node.with_changes(names=kept) if kept else REMOVE

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.List:  # noqa: N802
        return updated_node.with_changes(elements=self._kept(updated_node.elements))

    def leave_Set(self, original_node: cst.Set, updated_node: cst.Set) -> cst.BaseExpression:  # noqa: N802
        kept = self._kept(updated_node.elements)
        return updated_node.with_changes(elements=kept) if kept else cst.parse_expression("set()")

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:  # noqa: N802
        return updated_node.with_changes(elements=self._kept(updated_node.elements))

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.Tuple:  # noqa: N802
        kept = self._kept(updated_node.elements)
        if len(kept) == len(updated_node.elements):
            return updated_node
        if len(kept) == 1:
            kept = [kept[0].with_changes(comma=cst.Comma())]
        parentheses = updated_node.lpar or [cst.LeftParen()], updated_node.rpar or [cst.RightParen()]
        return updated_node.with_changes(elements=kept, lpar=parentheses[0], rpar=parentheses[1])

    def _kept(self, elements: Sequence[Kind]) -> list[Kind]:
        return [element for element in elements if not mentions(_entry(element), self._names)]


def _entry(element: cst.CSTNode) -> cst.CSTNode:
    """What an element of a list or dictionary stands or falls with."""
    match element:
        case cst.StarredElement(value=value) | cst.StarredDictElement(value=value):
            named = value.func if isinstance(value, cst.Call) else value
            return named if isinstance(named, cst.Name | cst.Attribute) else _NOTHING
    return element
