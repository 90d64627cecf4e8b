"""The pass that rewrites a template's relative imports for the place where its code will stand."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from .source import change_statements, dotted, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """`package` is the template's own package below the templates' root, such as ("frameworks",).

    Relative imports have to lead into the package `source` below that root, which becomes `target`: "." for a module
    that stands beside what it imports, or a package's name for one that stands outside.
    """

    package: tuple[str, ...]
    source: tuple[str, ...]
    target: str


def relocate(module: cst.Module, move: Move) -> cst.Module:
    """The module with its relative imports rewritten; ValueError when one leads elsewhere."""
    return change_statements(module, _imports_relatively, _Relocate(move))


def _imports_relatively(statement: cst.CSTNode) -> bool:
    return any(isinstance(node, cst.ImportFrom) and node.relative for node in walk(statement))


class _Relocate(cst.CSTTransformer):
    def __init__(self, move: Move) -> None:
        self._move = move

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:  # noqa: N802
        level = len(updated_node.relative)
        if not level:
            return updated_node
        path = self._inside(level, dotted(updated_node.module))
        target = self._move.target
        if target == ".":
            return updated_node.with_changes(relative=[cst.Dot()], module=_name(path))
        return updated_node.with_changes(relative=[], module=_name((*target.split("."), *path)))

    def _inside(self, level: int, module: str) -> tuple[str, ...]:
        package, source = self._move.package, self._move.source
        parents = package[: len(package) - (level - 1)]
        path = (*parents, *filter(None, module.split(".")))
        if level - 1 > len(package) or path[: len(source)] != source:
            raise ValueError(f"a template may import from {'.'.join(source)} alone: {'.' * level}{module}")
        return path[len(source) :]


def _name(parts: tuple[str, ...]) -> cst.Attribute | cst.Name | None:
    node: cst.Attribute | cst.Name | None = None
    for part in parts:
        node = cst.Attribute(value=node, attr=cst.Name(part)) if node else cst.Name(part)
    return node
