"""A module of the user's without what one of its functions does not reach, so that a stage's key is its own code."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

import libcst as cst

from ..schema.stages import imports_mark, marked

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom


def pruned(text: str, function: str) -> str:
    """The module with `function`, all that it names, directly or not, and what acts where the module is imported:
    statements, definitions with decorators, and imports of what is used nowhere; without the part for running it as a
    script, and the marks of stages with their import.
    """
    tree = ast.parse(text)
    marks = frozenset(each.mark for each in marked(tree))
    stay, names = _reached(tree, function, marks)
    kept = _Kept(stay=stay, marks=marks, elsewhere={*_names([tree])} - names)
    module = cst.parse_module(text)
    return module.with_changes(body=[*kept.statements(tree.body, module.body)]).code


def _reached(tree: ast.Module, function: str, marks: Set[ast.AST]) -> tuple[Set[ast.stmt], Set[str]]:
    """What stays of the module but for imports, and the names that this uses."""
    stay = {node for node in tree.body if _acts(node, marks)}
    names = {function, *_names(stay, marks)}
    while new := {node for node in tree.body if _is_reached(node, names)} - stay:
        stay |= new
        names.update(_names(new, marks))
    return stay, names


def _acts(node: ast.stmt, marks: Set[ast.AST]) -> bool:
    """Whether a statement does something by itself where the module is imported: a decorator may register what it is
    given, as that of a `functools.singledispatch` function does.
    """
    if isinstance(node, Definition):
        return bool({*node.decorator_list} - marks)
    return not (isinstance(node, Import) or _is_script(node))


def _is_script(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def _is_reached(node: ast.stmt, names: Set[str]) -> bool:
    """Whether a definition has one of these names, or a base that has one: a class knows what is derived from it."""
    bases = _names(node.bases) if isinstance(node, ast.ClassDef) else ()
    return isinstance(node, Definition) and not names.isdisjoint((node.name, *bases))


def _names(nodes: Iterable[ast.AST], without: Set[ast.AST] = frozenset()) -> Iterator[str]:
    """Every name in the nodes, also where it is text, such as in an annotation; not in the nodes `without`."""
    waiting = [*nodes]
    while waiting:
        match waiting.pop():
            case ast.Name(id=name) | ast.Constant(value=str(name)):
                yield name
            case node:
                waiting += [part for part in ast.iter_child_nodes(node) if part not in without]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Which statements of a module stay, and how much of them."""

    stay: Set[ast.stmt]
    marks: Set[ast.AST]
    elsewhere: Set[str]
    """Names that only what does not stay uses."""

    def statements(self, nodes: Sequence[ast.stmt], lines: Sequence[Statement]) -> Iterator[Statement]:
        """The lines as written, each of whose statements is the next of the nodes."""
        waiting = iter(nodes)
        for line in lines:
            if isinstance(line, cst.SimpleStatementLine):
                if parts := [part for each in line.body if (part := self._part(next(waiting), each))]:
                    yield line.with_changes(body=parts)
            elif (node := next(waiting)) in self.stay:
                yield self._unmarked(node, line)

    def _part(self, node: ast.stmt, written: cst.BaseSmallStatement) -> cst.BaseSmallStatement | None:
        """A statement; of an import what stays of it."""
        match written:
            case cst.Import(names=[*names]) | cst.ImportFrom(names=[*names]) if isinstance(node, Import):
                pairs = zip(node.names, names, strict=True)
                aliases = [alias for said, alias in pairs if self._is_imported(node, said)]
                kept = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in aliases]
                return written.with_changes(names=kept) if kept else None
        return written

    def _is_imported(self, node: Import, alias: ast.alias) -> bool:
        """Whether an import stays: one from `__future__` acts in any case, and one of what is used nowhere may."""
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return True
        bound = alias.asname or alias.name.partition(".")[0]
        return bound not in self.elsewhere and not imports_mark(node, alias)

    def _unmarked(self, node: ast.stmt, written: cst.BaseCompoundStatement) -> cst.BaseCompoundStatement:
        if not isinstance(node, Definition) or not isinstance(written, cst.FunctionDef | cst.ClassDef):
            return written
        pairs = zip(node.decorator_list, written.decorators, strict=True)
        return written.with_changes(decorators=[each for mark, each in pairs if mark not in self.marks])
