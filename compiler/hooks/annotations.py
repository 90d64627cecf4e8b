"""Annotations in the user's modules: what JSON can hold, which names they use, and an example of each."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...schema.diagnostics import Diagnostic, UserError
from ...schema.suggest import suggest
from .contract import Used
from .modules import Module, absolute

PLAIN: Mapping[str, object] = {"int": 1, "float": 1.0, "str": "text", "bool": True, "bytes": "AA==", "object": None}
"""Types of Python's own that JSON holds, with an example of each."""

IMPORTED: Mapping[str, object] = {
    "datetime.datetime": "2026-01-01T00:00:00Z",
    "datetime.date": "2026-01-01",
    "datetime.time": "12:00:00",
    "datetime.timedelta": "PT1H",
    "decimal.Decimal": "1.5",
    "uuid.UUID": "00000000-0000-4000-8000-000000000000",
    "typing.Any": None,
}
LISTS = frozenset({"list", "tuple", "set", "frozenset", "typing.List", "collections.abc.Sequence", "typing.Sequence"})
MAPPINGS = frozenset({"dict", "typing.Dict", "collections.abc.Mapping", "typing.Mapping"})
ENUMS = frozenset({"enum.Enum", "enum.StrEnum", "enum.IntEnum"})


@dataclass(frozen=True, slots=True)
class Place:
    """A name's definition: the class that it is, with its module; or the full name of what is no code of the user's."""

    module: Module
    full: str
    definition: ast.ClassDef | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The user's modules, in which names are looked up."""

    modules: Mapping[str, Module]

    def parsed(self, module: Module, annotation: ast.expr) -> ast.expr:
        """An annotation that is written as a text, as what the text says; others as they are."""
        if not (isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)):
            return annotation
        try:
            inner = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            raise wrong("hook-type", "this annotation is not Python", module, annotation) from None
        for node in ast.walk(inner):
            ast.copy_location(node, annotation)
        return inner

    def place(self, module: Module, node: ast.expr) -> Place | None:
        """What a name or a dotted name in an annotation stands for; None where nothing is called so."""
        match node:
            case ast.Name(id=name):
                return self._named(module, name)
            case ast.Attribute(value=value, attr=name):
                holder = self.place(module, value)
                return self.member(holder.full, name) if holder and not holder.definition else None
        return None

    def member(self, holder: str, name: str) -> Place | None:
        """What a module of that name holds under a name."""
        own = self.modules.get(holder)
        if own is None or f"{holder}.{name}" in self.modules:
            some = next(iter(self.modules.values()))
            return Place(some, f"{holder}.{name}")
        return self._named(own, name)

    def _named(self, module: Module, name: str) -> Place | None:
        for node in _statements(module.tree.body):
            match node:
                case ast.ClassDef() if node.name == name:
                    return Place(module, f"{module.name}.{name}", node)
                case ast.ImportFrom(names=names):
                    for alias in names:
                        if (alias.asname or alias.name) == name:
                            return self.member(absolute(module, node), alias.name)
                case ast.Import(names=names):
                    for alias in names:
                        if (alias.asname or alias.name.partition(".")[0]) == name:
                            return Place(module, alias.name if alias.asname else name)
        return Place(module, name) if name in PLAIN or name in LISTS | MAPPINGS else None

    def uses(self, module: Module, annotation: ast.expr) -> tuple[Used, ...]:
        """The names that an annotation needs to be written in another module."""
        found = []
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and (place := self._named(module, node.id)) and place.full != node.id:
                origin, _, name = place.full.rpartition(".")
                found.append(Used(module=origin, name=name, bound=node.id))
            elif isinstance(node, ast.Name) and place and node.id not in PLAIN and node.id not in LISTS | MAPPINGS:
                found.append(Used(module=node.id, name="", bound=node.id))
        return tuple(dict.fromkeys(found))

    def names(self, module: Module) -> Iterator[str]:
        """What could be meant by a mistyped name."""
        yield from ("int", "float", "str", "bool", "bytes", "list", "dict")
        for node in _statements(module.tree.body):
            match node:
                case ast.ClassDef(name=name):
                    yield name
                case ast.ImportFrom(names=names):
                    yield from (alias.asname or alias.name for alias in names)


def unknown(scope: Scope, module: Module, node: ast.expr) -> UserError:
    """What is said of a name that stands for nothing."""
    name = ast.unparse(node)
    return wrong("hook-type", f"there is no type `{name}`", module, node, suggest(name, scope.names(module)))


def wrong(code: str, message: str, module: Module, node: ast.expr | ast.stmt | ast.arg, help: str = "") -> UserError:
    """A mistake at its place in the user's module."""
    return UserError(Diagnostic(code=code, message=message, at=module.span(node), help=help))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements at a module's top level, also those under a condition."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements([*node.body, *node.orelse])
