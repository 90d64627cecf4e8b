"""The pass that gives names other names, wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from .source import change_statements, walk


def rename(module: cst.Module, names: Mapping[str, str]) -> cst.Module:
    """The module in which every identifier that is one of the names is another one instead."""
    return change_statements(module, lambda statement: _has(statement, names), _Rename(names))


def _has(statement: cst.CSTNode, names: Mapping[str, str]) -> bool:
    return any(isinstance(node, cst.Name) and node.value in names for node in walk(statement))


class _Rename(cst.CSTTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802 - libcst's name
        found = self._names.get(updated_node.value)
        return updated_node.with_changes(value=found) if found else updated_node
