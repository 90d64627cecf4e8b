"""JSON data to dataclasses and back, as strict as the JSON Schema that is made from the same types."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Hashable, Mapping
from keyword import iskeyword
from typing import TypeVar, cast

from .config import Entry
from .diagnostics import Field
from .scalars import Value, types_of
from .shapes import Catalogs, Items, KindTable, Record, Shape, Table, key_of, options_of, shape_of

T = TypeVar("T")


class Mismatch(ValueError):
    """Data that is not of the type that it was decoded as, and where in it."""

    def __init__(self, at: Field, message: str) -> None:
        super().__init__(f"{'.'.join(map(str, at)) or 'the whole'}: {message}")
        self.at = at
        self.message = message


def decode(type_: type[T], value: object, catalogs: Catalogs | None = None) -> T:
    """JSON data (as json.loads gives it) as `type_`: a dataclass, or tuple, Mapping, Literal, union ... of such.

    Scalars of a union keep their exact type; an integer in a float field becomes a float, 1.0 in an int field 1.
    Null stands for a mapping without keys where null itself is not allowed. `catalogs` is needed for Choice and Kinds.
    Mismatch (a ValueError) when the data is not of that type: keys that are not known are never skipped.
    """
    return cast(T, _decode(shape_of(cast(Hashable, type_)), value, (), catalogs or {}))


def encode(value: object) -> object:
    """The inverse: dataclasses as dicts with all fields, tuples as lists; TypeError for what JSON cannot hold."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Entry():
            return {"kind": value.kind, **cast(dict[str, object], encode(value.options) or {})}
        case tuple() | list():
            return [encode(item) for item in value]
        case Mapping():
            return {str(key): encode(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {key_of(field.name): encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} has no form as JSON data")


def _decode(shape: Shape, value: object, at: Field, catalogs: Catalogs) -> object:
    match value:
        case _ if shape.anything:
            return value
        case None if "null" not in shape.types and not isinstance(shape.whole, Items | None):
            return _mapping(shape.whole, {}, at, catalogs)
        case None | bool() | int() | float() | str():
            return _scalar(shape, value, at, catalogs)
        case list() | tuple() if isinstance(shape.whole, Items):
            item = shape.whole.item
            return tuple(_decode(item, element, (*at, index), catalogs) for index, element in enumerate(value))
        case Mapping() if shape.whole and not isinstance(shape.whole, Items):
            return _mapping(shape.whole, value, at, catalogs)
    raise Mismatch(at, f"a {type(value).__name__} cannot be here")


def _mapping(whole: Table | KindTable | Record, value: Mapping[str, object], at: Field, catalogs: Catalogs) -> object:
    if isinstance(whole, Record):
        return _made(whole, _fields(whole, value, at, catalogs))
    for key in value:
        _scalar(whole.key, key, (*at, key), catalogs)
    if isinstance(whole, Table):
        return {key: _decode(whole.value, item, (*at, key), catalogs) for key, item in value.items()}
    return {key: _entry(whole.catalog, key, item, (*at, key), catalogs) for key, item in value.items()}


def _fields(record: Record, value: Mapping[str, object], at: Field, catalogs: Catalogs) -> dict[str, object]:
    if unknown := sorted(value.keys() - record.fields.keys()):
        raise Mismatch((*at, unknown[0]), "this key is not known")
    if missing := [name for name in record.required if name not in value]:
        raise Mismatch(at, f"`{missing[0]}` is missing")
    return {name: _decode(record.fields[name].shape, item, (*at, name), catalogs) for name, item in value.items()}


def _entry(catalog: str, name: str, value: object, at: Field, catalogs: Catalogs) -> Entry:
    if not isinstance(value, Mapping | None):
        raise Mismatch(at, f"a {type(value).__name__} cannot be here")
    options = dict(value or {})
    kind = options.pop("kind", name)
    if not isinstance(kind, str) or kind not in catalogs[catalog]:
        raise Mismatch(at, f"{kind!r} is not one of {catalog}")
    record = options_of(catalogs[catalog], kind)
    fields = _fields(record, options, at, catalogs)
    return Entry(name=name, kind=kind, options=_made(record, fields))


def _made(record: Record, values: Mapping[str, object]) -> object:
    return record.cls(**{f"{key}_" if iskeyword(key) else key: value for key, value in values.items()})


def _scalar(shape: Shape, value: Value, at: Field, catalogs: Catalogs) -> object:
    if not shape.types & types_of(value):
        raise Mismatch(at, f"{value!r} cannot be here")
    _check(shape, value, at, catalogs)
    if shape.literals is not None:
        return next(literal for literal in shape.literals if _same(literal, value))
    if isinstance(shape.whole, Record) and shape.whole.shorthand and value is not None:
        return _mapping(shape.whole, shape.whole.shorthand.expand(value), at, catalogs)
    return _exact(shape, value, at)


def _check(shape: Shape, value: Value, at: Field, catalogs: Catalogs) -> None:
    if shape.literals is not None and not any(_same(literal, value) for literal in shape.literals):
        raise Mismatch(at, f"{value!r} is not one of {shape.literals}")
    if isinstance(value, str):
        _check_text(shape, value, at, catalogs)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if shape.minimum is not None and value < shape.minimum:
            raise Mismatch(at, f"{value} is less than {shape.minimum}")
        if shape.maximum is not None and value > shape.maximum:
            raise Mismatch(at, f"{value} is more than {shape.maximum}")


def _check_text(shape: Shape, text: str, at: Field, catalogs: Catalogs) -> None:
    for pattern in shape.patterns:
        if not re.fullmatch(pattern.regex, text):
            raise Mismatch(at, f"{text!r} is not {pattern.words}")
    for exception in shape.excepts:
        if text in exception.values:
            raise Mismatch(at, f"{text!r} is {exception.words}")
    if shape.choice and not shape.choice.allows(text, catalogs[shape.choice.catalog]):
        raise Mismatch(at, f"{text!r} is not one of {shape.choice.catalog}")


def _same(literal: Value, value: Value) -> bool:
    """Equality as JSON has it: 1 is 1.0, but not true."""
    return literal == value and isinstance(literal, bool) == isinstance(value, bool)


def _exact(shape: Shape, value: Value, at: Field) -> Value:
    """A number in the type that its field has."""
    if isinstance(value, int) and not isinstance(value, bool) and "integer" not in shape.types:
        try:
            return float(value)
        except OverflowError:
            raise Mismatch(at, f"{value} is too large") from None
    if isinstance(value, float) and "number" not in shape.types:
        return int(value)
    return value
