"""The pass that rewrites a template's imports of templates for the place where its code will stand."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from .source import change_statements, dotted, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """`package` is the template's own package below the templates' root, such as ("frameworks",).

    Relative imports have to lead into the package `source` below that root, which becomes `target`: "." for a module
    that stands beside what it imports, or a package's name for one that stands outside. `full` is the full name of
    that package, by which a template that lies elsewhere imports from it.
    """

    package: tuple[str, ...]
    source: tuple[str, ...]
    target: str
    full: str = ""
    beside: bool = False
    """Whether it may also import what stands in its own package, which comes to stand beside it."""


def relocate(module: cst.Module, move: Move) -> cst.Module:
    """The module with these imports rewritten; ValueError when a relative one leads elsewhere."""
    return change_statements(module, lambda statement: _concerned(statement, move), _Relocate(move))


def _concerned(statement: cst.CSTNode, move: Move) -> bool:
    nodes = (node for node in walk(statement) if isinstance(node, cst.ImportFrom))
    return any(node.relative or _below(dotted(node.module), move.full) is not None for node in nodes)


def _below(module: str, full: str) -> tuple[str, ...] | None:
    """The parts of a module's name below the package `full`; None where it lies elsewhere."""
    if not full or not f"{module}.".startswith(f"{full}."):
        return None
    return tuple(filter(None, module.removeprefix(full).split(".")))


class _Relocate(cst.CSTTransformer):
    def __init__(self, move: Move) -> None:
        self._move = move

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:  # noqa: N802
        level, module = len(updated_node.relative), dotted(updated_node.module)
        path = self._inside(level, module) if level else _below(module, self._move.full)
        if path is None:
            return updated_node
        target = self._move.target
        if target == ".":
            return updated_node.with_changes(relative=[cst.Dot()], module=_name(path))
        return updated_node.with_changes(relative=[], module=_name((*target.split("."), *path)))

    def _inside(self, level: int, module: str) -> tuple[str, ...]:
        package, source = self._move.package, self._move.source
        parents = package[: len(package) - (level - 1)]
        path = (*parents, *filter(None, module.split(".")))
        if self._move.beside and level == 1:
            return path[len(package) :]
        if level - 1 > len(package) or path[: len(source)] != source:
            raise ValueError(f"a template may import from {'.'.join(source)} alone: {'.' * level}{module}")
        return path[len(source) :]


def _name(parts: tuple[str, ...]) -> cst.Attribute | cst.Name | None:
    node: cst.Attribute | cst.Name | None = None
    for part in parts:
        node = cst.Attribute(value=node, attr=cst.Name(part)) if node else cst.Name(part)
    return node
