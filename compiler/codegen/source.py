"""Python source as libcst modules, and what every pass asks of one: what is defined, used and imported where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from functools import cache, lru_cache

import libcst as cst

LAYOUT = frozenset({"comma", "semicolon", "colon", "equal", "dot", "lpar", "rpar", "lbracket", "rbracket"})
LAYOUT |= frozenset({"lbrace", "rbrace", "header", "footer", "indent", "trailing_whitespace", "default_indent"})
LAYOUT |= frozenset({"default_newline", "encoding", "has_trailing_newline"})

Definition = cst.FunctionDef | cst.ClassDef | cst.SimpleStatementLine

_once = lru_cache(maxsize=4096)
"""Keeps what is asked of a statement: nodes never change, and each pass over a package leaves most as they are."""


def parse(text: str) -> cst.Module:
    """The module that a text is; ValueError when it is none."""
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise ValueError(f"not Python: {error}") from None


def defined_name(statement: cst.CSTNode) -> str | None:
    """The name that a statement defines: a function's, a class's, or a variable's that is alone on its line."""
    match statement:
        case cst.FunctionDef(name=cst.Name(value=name)) | cst.ClassDef(name=cst.Name(value=name)):
            return name
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]):
            return name
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=cst.Name(value=name))]):
            return name
    return None


def definitions(body: Sequence[cst.CSTNode]) -> Mapping[str, Definition]:
    """What a module's or a class's body defines, in order; of two with one name the last, as at run time."""
    found: dict[str, Definition] = {}
    for statement in body:
        name = defined_name(statement)
        if name is not None and isinstance(statement, cst.FunctionDef | cst.ClassDef | cst.SimpleStatementLine):
            found[name] = statement
    return found


def class_body(definition: cst.ClassDef) -> Sequence[cst.CSTNode]:
    return definition.body.body


def exported(module: cst.Module) -> frozenset[str]:
    """The names that a module lists in __all__."""
    match definitions(module.body).get("__all__"):
        case cst.SimpleStatementLine(body=[cst.Assign(value=cst.List(elements=found) | cst.Tuple(elements=found))]):
            texts = [e.value.evaluated_value for e in found if isinstance(e.value, cst.SimpleString)]
            return frozenset(text for text in texts if isinstance(text, str))
    return frozenset()


def used_names(node: cst.CSTNode) -> frozenset[str]:
    """The names that code refers to: not attributes after a dot, keywords of calls, or what imports bind."""
    if isinstance(node, cst.Module):
        return frozenset().union(*map(_used_names, node.body))
    return _used_names(node)


def mentions(node: cst.CSTNode, names: Set[str]) -> bool:
    """Whether a name, an attribute or a keyword in the code, or a string that is exactly it, is one of the names."""
    return not names.isdisjoint(_mentioned(node))


@_once
def _used_names(node: cst.CSTNode) -> frozenset[str]:
    return frozenset(n.value for n in walk(node, references=True) if isinstance(n, cst.Name))


@_once
def _mentioned(node: cst.CSTNode) -> frozenset[str]:
    found: set[str] = set()
    for part in walk(node):
        if isinstance(part, cst.Name):
            found.add(part.value)
        elif isinstance(part, cst.SimpleString) and isinstance(text := part.evaluated_value, str):
            found.add(text)
    return frozenset(found)


@_once
def has_imports(statement: cst.CSTNode) -> bool:
    """Whether a statement is an import or holds one."""
    return any(isinstance(node, cst.Import | cst.ImportFrom) for node in walk(statement))


def walk(node: cst.CSTNode, *, references: bool = False) -> Iterator[cst.CSTNode]:
    """A node and all below it but whitespace and punctuation.

    With `references` also without what refers to nothing: an attribute's own name, a call's keyword, a definition's
    name, imports. libcst's own visitors rebuild all that they pass, which takes ten times as long.
    """
    fields_of = _referring_fields if references else _fields
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        for name in fields_of(type(current)):
            value = getattr(current, name)
            if isinstance(value, list | tuple):
                waiting.extend(value)
            elif isinstance(value, cst.CSTNode):
                waiting.append(value)


def change_statements(
    module: cst.Module, concerned: Callable[[cst.CSTNode], bool], transformer: cst.CSTTransformer
) -> cst.Module:
    """The module with the transformer applied to those of its statements that are concerned, and no others touched."""
    body: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    for statement in module.body:
        changed = statement.visit(transformer) if concerned(statement) else statement
        match changed:
            case cst.SimpleStatementLine(body=[]):
                continue
            case cst.SimpleStatementLine() | cst.BaseCompoundStatement():
                body.append(changed)
    return module.with_changes(body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One name that an import statement binds.

    `import a.b as c` is (module="a.b", name="", bound="c"); `from ..a import b` is (module="..a", name="b", bound="b").
    """

    module: str
    name: str
    bound: str
    alias: bool

    def statement(self) -> cst.SimpleStatementLine:
        """A statement that imports it and nothing else."""
        suffix = f" as {self.bound}" if self.alias else ""
        text = f"from {self.module} import {self.name}{suffix}" if self.name else f"import {self.module}{suffix}"
        parsed = cst.parse_statement(text)
        assert isinstance(parsed, cst.SimpleStatementLine)
        return parsed


def imports_of(statement: cst.CSTNode) -> tuple[Import, ...]:
    """What a statement imports; a star import binds no name and is left out."""
    match statement:
        case cst.SimpleStatementLine(body=body):
            return tuple(found for small in body for found in imports_of(small))
        case cst.Import(names=names):
            return tuple(_plain(alias) for alias in names)
        case cst.ImportFrom(names=[*aliases]):
            module = "." * len(statement.relative) + dotted(statement.module)
            return tuple(_from(module, alias) for alias in aliases)
    return ()


def imports(module: cst.Module) -> tuple[Import, ...]:
    """What a module imports at its top level."""
    return tuple(found for statement in module.body for found in imports_of(statement))


def dotted(node: cst.BaseExpression | None) -> str:
    """The text of a dotted name; empty for none."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=value, attr=cst.Name(value=name)):
            return f"{dotted(value)}.{name}"
    return ""


def _plain(alias: cst.ImportAlias) -> Import:
    module = dotted(alias.name)
    given = alias.evaluated_alias
    return Import(module=module, name="", bound=given or module.partition(".")[0], alias=given is not None)


def _from(module: str, alias: cst.ImportAlias) -> Import:
    given = alias.evaluated_alias
    name = dotted(alias.name)
    return Import(module=module, name=name, bound=given or name, alias=given is not None)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of node that hold code."""
    names = [field.name for field in fields(kind)]
    return tuple(n for n in names if n not in LAYOUT and not n.startswith(("whitespace", "lines_", "leading_")))


@cache
def _referring_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of node whose names refer to something."""
    if issubclass(kind, cst.Import | cst.ImportFrom):
        return ()
    labels = {
        cst.Attribute: "attr",
        cst.Arg: "keyword",
        cst.FunctionDef: "name",
        cst.ClassDef: "name",
        cst.Param: "name",
    }
    return tuple(name for name in _fields(kind) if name != labels.get(kind))
