"""The user's classes that hold a row or an answer: their fields, and an example of each, from their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .annotations import ENUMS, IMPORTED, LISTS, MAPPINGS, PLAIN, Place, Scope, unknown, wrong
from .contract import Record, RecordField, RecordKind
from .modules import Module

BASES: dict[str, RecordKind] = {
    "typing.TypedDict": "TypedDict",
    "typing_extensions.TypedDict": "TypedDict",
    "msgspec.Struct": "Struct",
}
DATACLASS = "dataclasses.dataclass"
FIELD = frozenset({"dataclasses.field", "msgspec.field"})
FACTORIES = frozenset({"list", "dict", "set", "tuple"})
UNIONS = frozenset({"typing.Optional", "typing.Union"})
DEEPEST = 8
HELP = "a row is a dataclass, a TypedDict or a msgspec.Struct of yours"


@dataclass(frozen=True, slots=True)
class Records:
    """Reads classes of the user's modules."""

    scope: Scope

    def record(self, module: Module, annotation: ast.expr) -> Record:
        """The class that an annotation names; UserError `hook-type` where a request or an answer cannot be one."""
        node = self.scope.parsed(module, annotation)
        place = self.scope.place(module, node)
        if place is None and isinstance(node, ast.Name | ast.Attribute):
            raise unknown(self.scope, module, node)
        kind = self._kind(place) if place else None
        if place is None or place.definition is None or kind is None:
            raise wrong("hook-type", f"`{ast.unparse(node)}` is no class with fields", module, node, HELP)
        return Record(
            module=place.module.name,
            name=place.definition.name,
            kind=kind,
            fields=tuple(self._fields(place, kind, (place.full,))),
            at=place.module.span(place.definition),
        )

    def _kind(self, place: Place, depth: int = 0) -> RecordKind | None:
        if place.definition is None or depth > DEEPEST:
            return BASES.get(place.full)
        for decorator in place.definition.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            found = self.scope.place(place.module, called)
            if found and found.full == DATACLASS:
                return "dataclass"
        bases = (self.scope.place(place.module, base) for base in place.definition.bases)
        return next((kind for base in bases if base and (kind := self._kind(base, depth + 1))), None)

    def _fields(self, place: Place, kind: RecordKind, inside: tuple[str, ...]) -> Iterator[RecordField]:
        """Fields in order, those of classes that it extends first; `inside` are the classes that the example is in."""
        definition = place.definition
        assert definition
        own = {f.name: f for f in self._own(place.module, definition, kind, inside)}
        inherited: dict[str, RecordField] = {}
        for base in (self.scope.place(place.module, node) for node in definition.bases):
            if base and base.definition and self._kind(base):
                inherited |= {field.name: field for field in self._fields(base, kind, inside)}
        yield from {**inherited, **own}.values()

    def _own(
        self, module: Module, definition: ast.ClassDef, kind: RecordKind, inside: tuple[str, ...]
    ) -> Iterator[RecordField]:
        self._check_options(module, definition, kind)
        for node in definition.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                annotation = self.scope.parsed(module, node.annotation)
                if not self._class_variable(module, annotation):
                    yield self._field(module, node, annotation, inside)

    def _check_options(self, module: Module, definition: ast.ClassDef, kind: RecordKind) -> None:
        for keyword in definition.keywords:
            if kind == "TypedDict" and keyword.arg == "total":
                text = "a row whose keys may be missing cannot be served"
                raise wrong("hook-type", text, module, keyword.value, "give such keys the type `... | None`")
            if kind == "Struct" and keyword.arg in ("rename", "tag", "tag_field", "array_like"):
                raise wrong("hook-type", f"`{keyword.arg}` cannot be served", module, keyword.value, "leave it out")

    def _class_variable(self, module: Module, annotation: ast.expr) -> bool:
        head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        found = self.scope.place(module, head)
        return bool(found and found.full == "typing.ClassVar")

    def _field(self, module: Module, node: ast.AnnAssign, annotation: ast.expr, inside: tuple[str, ...]) -> RecordField:
        name = ast.unparse(node.target)
        key, default = self._default(module, node.value)
        return RecordField(
            name=name,
            key=key or name,
            annotation=ast.unparse(annotation),
            uses=self.scope.uses(module, annotation),
            kind=self._plain(module, annotation),
            default=default,
            example=self.example(module, annotation, inside),
            at=module.span(node),
        )

    def _default(self, module: Module, value: ast.expr | None) -> tuple[str, str]:
        """The name in JSON that a field is given, and its default as an expression."""
        match value:
            case None:
                return "", ""
            case ast.Call(func=function, keywords=keywords) if self._is_field(module, function):
                named = {keyword.arg: keyword.value for keyword in keywords}
                key = _literal(module, named["name"]) if "name" in named else ""
                if factory := named.get("default_factory"):
                    if not (isinstance(factory, ast.Name) and factory.id in FACTORIES):
                        raise wrong("hook-type", "this default cannot be read", module, factory, "use `list` or `dict`")
                    return str(key), f"field(default_factory={factory.id})"
                return str(key), repr(_literal(module, named["default"])) if "default" in named else ""
        return "", repr(_literal(module, value))

    def _is_field(self, module: Module, function: ast.expr) -> bool:
        found = self.scope.place(module, function)
        return bool(found and found.full in FIELD)

    def _plain(self, module: Module, annotation: ast.expr) -> str:
        """A type as one of Python's own names, with `| None` where it may be nothing; empty for any other."""
        alone = [part for part in self._parts(module, annotation) if not _is_none(part)]
        if len(alone) != 1:
            return ""
        found = self.scope.place(module, alone[0])
        name = found.full.rpartition(".")[2] if found else ""
        optional = len(self._parts(module, annotation)) > 1
        known = name if name in PLAIN or (found and found.full == "datetime.datetime") else ""
        return f"{known} | None" if known and optional else known

    def _parts(self, module: Module, annotation: ast.expr) -> list[ast.expr]:
        """The members of a union; of anything else, itself."""
        match annotation:
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return [*self._parts(module, left), *self._parts(module, right)]
            case ast.Subscript(value=value, slice=inner):
                found = self.scope.place(module, value)
                if found and found.full in UNIONS:
                    members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                    nothing = [ast.copy_location(ast.Constant(None), inner)] if found.full.endswith("Optional") else []
                    return [p for m in members for p in self._parts(module, m)] + list(nothing)
                if found and found.full == "typing.Annotated" and isinstance(inner, ast.Tuple):
                    return self._parts(module, inner.elts[0])
        return [annotation]

    def example(self, module: Module, annotation: ast.expr, inside: tuple[str, ...]) -> object:
        """A value as JSON has it; UserError `hook-type` where JSON has none of that type."""
        node = self.scope.parsed(module, annotation)
        if _is_none(node):
            return None
        if isinstance(node, ast.BinOp):
            return self.example(module, self._parts(module, node)[0], inside)
        if isinstance(node, ast.Subscript):
            return self._generic(module, node, inside)
        place = self.scope.place(module, node)
        if place is None:
            raise unknown(self.scope, module, node)
        return self._single(module, node, place, inside)

    def _single(self, module: Module, node: ast.expr, place: Place, inside: tuple[str, ...]) -> object:
        for known in (PLAIN, IMPORTED):
            if place.full in known:
                return known[place.full]
        if place.full in LISTS or place.full in MAPPINGS:
            return [] if place.full in LISTS else {}
        if place.definition and (values := self._members(place)):
            return values[0]
        if place.full in inside:
            return None
        if place.definition and self._kind(place):
            return {f.key: f.example for f in self._fields(place, "dataclass", (*inside, place.full)) if not f.default}
        text = f"JSON cannot hold a `{ast.unparse(node)}`"
        raise wrong("hook-type", text, module, node, "types of Python's own, enums and classes with fields can be used")

    def _generic(self, module: Module, node: ast.Subscript, inside: tuple[str, ...]) -> object:
        found = self.scope.place(module, node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        match found.full if found else "":
            case full if full in LISTS:
                kept = [e for e in inner if not (isinstance(e, ast.Constant) and e.value is ...)]
                values = [self.example(module, e, inside) for e in kept]
                return [value for value in values if value is not None]
            case full if full in MAPPINGS:
                return {"key": self.example(module, inner[-1], inside)}
            case "typing.Literal":
                return _literal(module, inner[0])
            case "typing.Annotated":
                return self._bounded(module, inner, inside)
            case full if full in UNIONS:
                return self.example(module, inner[0], inside)
        text = f"JSON cannot hold a `{ast.unparse(node)}`"
        raise wrong("hook-type", text, module, node, "keys that may be missing, and generic classes, cannot be used")

    def _bounded(self, module: Module, inner: list[ast.expr], inside: tuple[str, ...]) -> object:
        """An example within the bounds that msgspec.Meta sets."""
        value = self.example(module, inner[0], inside)
        for call in inner[1:]:
            for keyword in call.keywords if isinstance(call, ast.Call) else []:
                if keyword.arg in ("ge", "le", "gt", "lt") and isinstance(value, int | float):
                    value = _within(value, keyword.arg, _literal(module, keyword.value))
        return value

    def _members(self, place: Place) -> list[object]:
        """The values of an enum."""
        definition = place.definition
        assert definition
        bases = [self.scope.place(place.module, base) for base in definition.bases]
        if not any(base and base.full in ENUMS for base in bases):
            return []
        assigned = [node.value for node in definition.body if isinstance(node, ast.Assign)]
        return [_literal(place.module, value) for value in assigned]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(module: Module, node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise wrong("hook-type", "this value cannot be read", module, node, "write it as a literal") from None
    return value


def _within(value: float, bound: str, limit: object) -> float:
    if not isinstance(limit, int | float):
        return value
    step = {"ge": 0, "le": 0, "gt": 1, "lt": -1}[bound]
    return max(value, limit + step) if bound in ("ge", "gt") else min(value, limit + step)
