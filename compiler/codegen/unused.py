"""The pass that takes out imports that nothing uses."""

from __future__ import annotations

from collections.abc import Sequence, Set

import libcst as cst

from .source import change_statements, exported, has_imports, used_names

REMOVE = cst.RemovalSentinel.REMOVE


def drop_unused_imports(module: cst.Module) -> cst.Module:
    """The module without imports of names that it neither uses nor lists in __all__; `__future__` stays."""
    used = used_names(module) | exported(module)
    return change_statements(module, has_imports, _Unused(used))


class _Unused(cst.CSTTransformer):
    def __init__(self, used: Set[str]) -> None:
        self._used = used

    def leave_Import(  # noqa: N802 - libcst calls it by this name
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import | cst.RemovalSentinel:
        kept = self._kept(updated_node.names)
        return updated_node.with_changes(names=kept) if kept else REMOVE

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        match updated_node:
            case cst.ImportFrom(names=cst.ImportStar()) | cst.ImportFrom(module=cst.Name(value="__future__")):
                return updated_node
        assert not isinstance(updated_node.names, cst.ImportStar)
        kept = self._kept(updated_node.names)
        return updated_node.with_changes(names=kept) if kept else REMOVE

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If | cst.RemovalSentinel:  # noqa: N802
        """A block that held nothing but imports goes with them."""
        if updated_node.body.body or not original_node.body.body:
            return updated_node
        return REMOVE if updated_node.orelse is None else original_node

    def _kept(self, aliases: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
        kept = [a for a in aliases if (a.evaluated_alias or a.evaluated_name.partition(".")[0]) in self._used]
        if len(kept) == len(aliases):
            return kept
        return [*kept[:-1], *(a.with_changes(comma=cst.MaybeSentinel.DEFAULT) for a in kept[-1:])]
