"""A module of the user's without what one of its functions does not reach, so that a stage's key is its own code."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

import libcst as cst

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def pruned(text: str, function: str, origin: str) -> str:
    """The module with `function`, all that it names, directly or not, and the statements that are neither definitions
    nor imports; without the part for running it as a script, what is imported from `origin`, and the marks from there.
    """
    tree = ast.parse(text)
    marks = frozenset(name for node in tree.body for name in _imported(node, origin))
    kept = _Kept(names=_reached(tree, function, marks), marks=marks, origin=origin)
    module = cst.parse_module(text)
    return module.with_changes(body=[*kept.statements(module.body)]).code


def _reached(tree: ast.Module, function: str, marks: Set[str]) -> frozenset[str]:
    """The names that the function, what it reaches, and the module's own statements use."""
    defined = {node.name: node for node in tree.body if isinstance(node, _DEFINITIONS)}
    waiting: list[ast.AST] = [node for node in tree.body if _is_statement(node)]
    found = {function}
    if function in defined:
        waiting.append(defined[function])
    while waiting:
        new = {*_names(waiting.pop(), marks)} - found
        found |= new
        waiting += [defined[name] for name in new if name in defined]
    return frozenset(found)


def _is_statement(node: ast.stmt) -> bool:
    return not (isinstance(node, (*_DEFINITIONS, ast.Import, ast.ImportFrom)) or _is_script(node))


def _is_script(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def _names(node: ast.AST, marks: Set[str]) -> Iterator[str]:
    """Every name in a node, also where it is text, such as in an annotation; not in its marks."""
    skipped = [mark for mark in getattr(node, "decorator_list", ()) if _marks(mark, marks)]
    for part in ast.iter_child_nodes(node):
        if part in skipped:
            continue
        for inner in ast.walk(part):
            match inner:
                case ast.Name(id=name) | ast.Constant(value=str(name)):
                    yield name


def _imported(node: ast.stmt, origin: str) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module == origin and not node.level:
        yield from (alias.asname or alias.name for alias in node.names)


def _marks(node: ast.AST, marks: Set[str]) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return isinstance(called, ast.Name) and called.id in marks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Which statements of a module stay, and how much of them."""

    names: Set[str]
    marks: Set[str]
    origin: str

    def statements(self, body: Sequence[Statement]) -> Iterator[Statement]:
        for node in body:
            match node:
                case cst.FunctionDef() | cst.ClassDef():
                    if node.name.value in self.names:
                        kept = [mark for mark in node.decorators if not self._is_mark(mark.decorator)]
                        yield node.with_changes(decorators=kept)
                case cst.If(test=cst.Comparison(left=cst.Name(value="__name__"))):
                    pass
                case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom() as found]):
                    if aliases := self._aliases(found):
                        yield node.with_changes(body=[found.with_changes(names=aliases)])
                case _:
                    yield node

    def _is_mark(self, node: cst.BaseExpression) -> bool:
        called = node.func if isinstance(node, cst.Call) else node
        return isinstance(called, cst.Name) and called.value in self.marks

    def _aliases(self, node: cst.Import | cst.ImportFrom) -> Sequence[cst.ImportAlias] | cst.ImportStar:
        """What of an import is used; all of one from `__future__`, and none of one from `origin`."""
        if isinstance(node.names, cst.ImportStar):
            return node.names
        source = _dotted(node.module) if isinstance(node, cst.ImportFrom) and not node.relative else ""
        if source == "__future__":
            return node.names
        kept = [alias for alias in node.names if source != self.origin and _bound(alias) in self.names]
        return [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in kept]


def _bound(alias: cst.ImportAlias) -> str:
    """The name that an import binds: the first of `a.b`."""
    if alias.asname and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return _dotted(alias.name).partition(".")[0]


def _dotted(node: cst.BaseExpression | None) -> str:
    return cst.Module([]).code_for_node(node) if node else ""
