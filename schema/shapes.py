"""What a type annotation allows, as a value: the one description that decoding and the JSON Schema both follow."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from inspect import getdoc
from keyword import iskeyword
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from .constraints import Choice, Doc, Except, Kinds, Maximum, Minimum, Pattern, Shorthand
from .scalars import Type, Value, types_of

Catalogs = Mapping[str, Mapping[str, type | None]]
"""Names that a config may choose from, by catalog: "targets" -> "wheel" -> its dataclass of options, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What values are allowed: scalars of `types`, and those of `whole`.

    The constraints hold for the scalars that they can hold for, as in JSON Schema: a pattern for texts only.
    """

    types: frozenset[Type] = frozenset()
    whole: Items | Table | KindTable | Record | None = None
    anything: bool = False
    literals: tuple[Value, ...] | None = None
    patterns: tuple[Pattern, ...] = ()
    excepts: tuple[Except, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    choice: Choice | None = None
    """The catalog whose names are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list, decoded as a tuple."""

    item: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A mapping with keys of the user's choice."""

    key: Shape
    value: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTable:
    """A mapping of names to options; the catalog knows which options a kind has."""

    key: Shape
    catalog: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with known keys, decoded as a dataclass."""

    cls: type
    doc: str
    fields: Mapping[str, FieldShape]
    shorthand: Shorthand | None = None
    """What a scalar in its place stands for."""

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name, field in self.fields.items() if field.required)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """One field of a dataclass."""

    shape: Shape
    doc: str = ""
    required: bool
    default: object = None

    @property
    def tells(self) -> bool:
        """Whether the default says something: one that is empty, or repeats the defaults below it, does not."""
        whole = self.shape.whole
        repeats = isinstance(whole, Record) and not whole.required and self.default == whole.cls()
        return self.default not in (None, "", (), {}) and not repeats


_SCALARS: Mapping[object, frozenset[Type]] = {
    str: frozenset({"string"}),
    int: frozenset({"integer"}),
    float: frozenset({"number"}),
    bool: frozenset({"boolean"}),
    NoneType: frozenset({"null"}),
    None: frozenset({"null"}),
}


@cache
def shape_of(annotation: Hashable) -> Shape:
    """The shape of a type annotation; TypeError for one that JSON data cannot have."""
    if annotation in _SCALARS:
        return Shape(types=_SCALARS[annotation])
    if annotation is object:
        return Shape(anything=True)
    if isinstance(annotation, NewType):
        return shape_of(annotation.__supertype__)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return Shape(whole=record_of(annotation))
    return _generic(annotation, get_origin(annotation), get_args(annotation))


@cache
def record_of(cls: type) -> Record:
    """The fields of a dataclass; TypeError when one of them has a type that JSON data cannot have."""
    hints = get_type_hints(cls, include_extras=True)
    fields = {key_of(field.name): _field(field, hints[field.name]) for field in dataclasses.fields(cls)}
    return Record(cls=cls, doc=(getdoc(cls) or "").partition("\n\n")[0].replace("\n", " "), fields=fields)


def key_of(name: str) -> str:
    """The key of a dataclass's field: its name, but for the underscore that keeps it from being a keyword of Python."""
    return name.removesuffix("_") if iskeyword(name.removesuffix("_")) else name


def options_of(catalog: Mapping[str, type | None], kind: str) -> Record:
    """The options of a kind that the catalog has, without `kind` itself."""
    options = catalog[kind]
    return record_of(options) if options else Record(cls=NoneType, doc="", fields={})


def _generic(annotation: object, origin: object, arguments: tuple[Any, ...]) -> Shape:  # Any: typing's own
    if origin is Annotated:
        return _constrained(shape_of(arguments[0]), arguments[1:])
    if origin is Literal:
        return Shape(types=frozenset().union(*map(_exact_type, arguments)), literals=arguments)
    if origin in (Union, UnionType):
        return _union([shape_of(argument) for argument in arguments], annotation)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return Shape(whole=Items(item=shape_of(arguments[0])))
    if origin in (Mapping, dict) and shape_of(arguments[0]).types == {"string"}:
        return Shape(whole=Table(key=shape_of(arguments[0]), value=shape_of(arguments[1])))
    raise TypeError(f"{annotation} has no form as JSON data")


def _exact_type(value: Value) -> frozenset[Type]:
    types = types_of(value)
    return frozenset({"integer"}) if "integer" in types else frozenset(types)


def _union(parts: list[Shape], annotation: object) -> Shape:
    """All that the parts allow; where two of them would need telling apart by more than the type, a TypeError."""
    wholes = [part.whole for part in parts if part.whole]
    literals = [part for part in parts if part.literals is not None or part.types == {"null"}]
    if len(wholes) > 1 or (any(part.literals for part in parts) and len(literals) < len(parts)):
        raise TypeError(f"{annotation} cannot be told apart by the type of the value")
    values = tuple(value for part in literals for value in (part.literals or (None,)))
    return Shape(
        types=frozenset().union(*(part.types for part in parts)),
        whole=wholes[0] if wholes else None,
        anything=any(part.anything for part in parts),
        literals=values if len(literals) == len(parts) and any(part.literals for part in parts) else None,
        patterns=tuple(pattern for part in parts for pattern in part.patterns),
        excepts=tuple(exception for part in parts for exception in part.excepts),
        minimum=next((part.minimum for part in parts if part.minimum is not None), None),
        maximum=next((part.maximum for part in parts if part.maximum is not None), None),
        choice=next((part.choice for part in parts if part.choice), None),
    )


def _constrained(shape: Shape, constraints: tuple[object, ...]) -> Shape:
    for constraint in constraints:
        shape = _constrain(shape, constraint)
    return shape


def _constrain(shape: Shape, constraint: object) -> Shape:
    match constraint:
        case Pattern():
            return replace(shape, patterns=(*shape.patterns, constraint))
        case Except():
            return replace(shape, excepts=(*shape.excepts, constraint))
        case Minimum(value):
            return replace(shape, minimum=value)
        case Maximum(value):
            return replace(shape, maximum=value)
        case Choice():
            return replace(shape, choice=constraint)
        case Kinds(catalog):
            if not isinstance(shape.whole, Table):
                raise TypeError("Kinds belongs on a Mapping[str, ...]")
            return replace(shape, whole=KindTable(key=shape.whole.key, catalog=catalog))
        case Shorthand():
            return _shortened(shape, constraint)
    return shape


def _shortened(shape: Shape, shorthand: Shorthand) -> Shape:
    scalar = shape_of(shorthand.scalar)
    if not isinstance(shape.whole, Record) or scalar.whole or scalar.literals:
        raise TypeError("Shorthand belongs on a dataclass and expands a bool, int, float or str")
    return replace(
        scalar,
        types=scalar.types | shape.types,
        whole=replace(shape.whole, shorthand=shorthand),
    )


def _field(field: dataclasses.Field[Any], hint: object) -> FieldShape:  # Any: of whatever type the field has
    metadata: tuple[object, ...] = getattr(hint, "__metadata__", ())
    doc = next((constraint.text for constraint in metadata if isinstance(constraint, Doc)), "")
    if field.default_factory is not dataclasses.MISSING:
        return FieldShape(shape=shape_of(hint), doc=doc, required=False, default=field.default_factory())
    if field.default is not dataclasses.MISSING:
        return FieldShape(shape=shape_of(hint), doc=doc, required=False, default=field.default)
    return FieldShape(shape=shape_of(hint), doc=doc, required=True)
