"""The source of what a notebook's cells or a script define, and the names that it takes from there."""

from __future__ import annotations

import ast
import inspect
import linecache
import symtable
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType

CELLS = "In"
"""Where IPython has the cells that were run, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A class or function as it is written; the names that it needs to be defined, and those that it needs later."""

    text: str
    early: frozenset[str]
    late: frozenset[str]

    def attributes(self) -> Iterator[tuple[str, ...]]:
        """Names with the attributes that are taken of them, such as `np.linalg.norm`, each also cut short."""
        for node in ast.walk(ast.parse(self.text)):
            if found := _dotted(node):
                yield found


def definition(name: str, value: object, place: Mapping[str, object]) -> Definition | None:
    """The source of a class or function called `name` of the module `__main__`, whose contents are `place`."""
    text = next((text for source in _sources(value, place) if (text := _statement(source, name, value))), None)
    if text is None:
        return None
    table = symtable.symtable(text, name, "exec")
    return Definition(text=text, early=frozenset(_names(table, now=True)), late=frozenset(_names(table, now=False)))


def functions(value: object) -> Iterator[FunctionType]:
    """A function, or those of a class, that have a source; without what decorators have put around them, or made."""
    for member in vars(value).values() if isinstance(value, type) else (value,):
        inner = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        found = inspect.unwrap(inner) if isinstance(inner, FunctionType) else None
        if isinstance(found, FunctionType) and found.__module__ == value.__module__ and _lines(found):
            yield found


def _lines(function: FunctionType) -> list[str]:
    return linecache.getlines(function.__code__.co_filename)


def _sources(value: object, place: Mapping[str, object]) -> Iterator[str]:
    """Texts in which it may be defined: where its code says that it is from; of a class without code, all others."""
    known = dict.fromkeys("".join(_lines(function)) for function in functions(value))
    yield from known
    if isinstance(value, type) and not known:
        yield from reversed([cell for cell in _listed(place.get(CELLS)) if isinstance(cell, str)])
        yield "".join(linecache.getlines(str(place.get("__file__"))))


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _statement(source: str, name: str, value: object) -> str | None:
    """The definition of a name in a source, the one that holds the value's code; the last one where it has none."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    lines = {function.__code__.co_firstlineno for function in functions(value)}
    for node in reversed([*ast.walk(tree)]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            first = min(node.lineno, *(decorator.lineno for decorator in node.decorator_list), node.lineno)
            last = node.end_lineno or node.lineno
            if not lines or any(first <= line <= last for line in lines):
                return textwrap.dedent("\n".join(source.splitlines()[first - 1 : last]))
    return None


def future_annotations(values: Iterable[object]) -> bool:
    """Whether annotations in their code are texts."""
    return any(_flags(function.__code__) for value in values for function in functions(value))


def _flags(code: CodeType) -> bool:
    import __future__

    return bool(code.co_flags & __future__.annotations.compiler_flag)


def _names(table: symtable.SymbolTable, *, now: bool) -> Iterator[str]:
    """The names that are looked up in the module: as it is run, or once its functions are called."""
    if (table.get_type() == "function") != now:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
                yield symbol.get_name()
    for child in table.get_children():
        if child.get_type() != "function" or not now:
            yield from _names(child, now=now)


def _dotted(node: ast.AST) -> tuple[str, ...]:
    """The names of `a.b.c`; none for what is no such chain."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=name) if found := _dotted(value):
            return (*found, name)
    return ()
