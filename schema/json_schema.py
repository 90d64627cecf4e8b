"""The JSON Schema (2020-12) of a language whose one truth is dataclasses and catalogs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .codec import encode
from .config import Config
from .constraints import HERE, Choice, Except, Pattern
from .scalars import Type
from .shapes import Catalogs, FieldShape, Items, KindTable, Record, Shape, Table, options_of, record_of

Schema = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CATALOG = "x-catalog"
"""Beside an enum: the catalog that its names come from."""
PATTERN_WORDS = "patternErrorMessage"
"""Beside a pattern: how to say it; the YAML language server shows it."""
EXCEPT_WORDS = "x-except"
"""Beside a `not`: what the names are that are not allowed."""

_ORDER: tuple[Type | str, ...] = ("null", "boolean", "integer", "number", "string", "array", "object")


def json_schema(catalogs: Catalogs, root: type = Config) -> Schema:
    """The schema of `root` as its users write it, shorthands included.

    It has neither oneOf nor anyOf, whose errors cannot be told well: a value's type decides which keywords hold for it.
    """
    schema = {"$schema": DIALECT, **_record(record_of(root), catalogs), "type": "object"}
    tables = {shape.catalog for shape in _kind_tables(record_of(root))}
    definitions = {name: options for table in sorted(tables) for name, options in _kinds(table, catalogs)}
    return {**schema, "$defs": definitions} if definitions else schema


def _shape(shape: Shape, catalogs: Catalogs) -> Schema:
    if shape.anything:
        return {}
    schema: Schema = {"type": _types(shape), **_scalar_keywords(shape, catalogs)}
    match shape.whole:
        case Items():
            schema |= {"items": _shape(shape.whole.item, catalogs)}
        case Table():
            schema |= _keys(shape.whole.key, catalogs)
            schema |= {"additionalProperties": _shape(shape.whole.value, catalogs)}
        case KindTable():
            schema |= {**_keys(shape.whole.key, catalogs), **_kind_table(shape.whole.catalog, catalogs)}
        case Record():
            schema |= _record(shape.whole, catalogs)
    return schema


def _types(shape: Shape) -> str | list[str]:
    types: set[str] = set(shape.types)
    if "number" in types:
        types.discard("integer")
    if isinstance(shape.whole, Items):
        types.add("array")
    elif shape.whole:
        types |= {"object"} if isinstance(shape.whole, Record) and shape.whole.required else {"object", "null"}
    ordered = sorted(types, key=_ORDER.index)
    return ordered[0] if len(ordered) == 1 else ordered


def _scalar_keywords(shape: Shape, catalogs: Catalogs) -> Schema:
    schema: Schema = {}
    if shape.literals is not None:
        schema["enum"] = list(shape.literals)
    if shape.choice:
        names = _choice(shape.choice, catalogs, [None] if "null" in shape.types else [])
        # an enum would hold for the mapping that a shorthand stands for, too
        schema |= {"if": {"type": "string"}, "then": names} if shape.whole else names
    if shape.minimum is not None:
        schema["minimum"] = shape.minimum
    if shape.maximum is not None:
        schema["maximum"] = shape.maximum
    texts = [*map(_pattern, shape.patterns), *map(_except, shape.excepts)]
    return {**schema, "allOf": texts} if len(texts) > 1 else {**schema, **(texts[0] if texts else {})}


def _choice(choice: Choice, catalogs: Catalogs, nothing: list[object]) -> Schema:
    names: Schema = {"enum": [*sorted(catalogs[choice.catalog]), *nothing], CATALOG: choice.catalog}
    # not anyOf, of which a validator can only say that nothing fits
    return {"if": {"not": {"pattern": f"^{re.escape(HERE)}"}}, "then": names} if choice.folders else names


def _pattern(pattern: Pattern) -> Schema:
    # Python's $ also matches before a last line break, ECMAScript's does not.
    return {"pattern": f"^(?:{pattern.regex})$(?!\\n)", PATTERN_WORDS: f"must be {pattern.words}"}


def _except(exception: Except) -> Schema:
    return {"not": {"enum": list(exception.values)}, EXCEPT_WORDS: exception.words}


def _keys(key: Shape, catalogs: Catalogs) -> Schema:
    names = _scalar_keywords(key, catalogs)
    return {"propertyNames": names} if names else {}


def _record(record: Record, catalogs: Catalogs) -> Schema:
    schema: Schema = {"description": record.doc} if record.doc else {}
    schema["properties"] = {name: _field(field, catalogs) for name, field in record.fields.items()}
    if record.required:
        schema["required"] = list(record.required)
    return {**schema, "additionalProperties": False}


def _field(field: FieldShape, catalogs: Catalogs) -> Schema:
    schema = _shape(field.shape, catalogs)
    if field.doc:
        schema["description"] = field.doc
    if field.tells:
        schema["default"] = encode(field.default)
    return schema


def _kind_table(catalog: str, catalogs: Catalogs) -> Schema:
    """Entries that are named as a kind are of it unless they say otherwise; all others have to say."""
    kinds = f"#/$defs/{catalog}"
    named = {kind: _named(catalog, kind, catalogs) for kind in sorted(catalogs[catalog])}
    other = {"type": "object", "required": ["kind"], CATALOG: catalog, "$ref": kinds}
    return {"properties": named, "additionalProperties": other}


def _named(catalog: str, kind: str, catalogs: Catalogs) -> Schema:
    options = options_of(catalogs[catalog], kind)
    return {
        "type": "object" if options.required else ["null", "object"],
        "description": options.doc,
        "$ref": f"#/$defs/{catalog}",
        "if": {"type": "object", "not": {"required": ["kind"]}},
        "then": {"$ref": f"#/$defs/{catalog}.{kind}"},
    }


def _kinds(catalog: str, catalogs: Catalogs) -> Iterable[tuple[str, Schema]]:
    """Definitions: what `kind` may be and which options follow from it; and the options of each kind."""
    kinds = sorted(catalogs[catalog])
    kind = {"enum": kinds, CATALOG: catalog, "description": "Its kind, where that is not its name."}
    yield catalog, {"properties": {"kind": kind}, "allOf": [_if_kind(catalog, name) for name in kinds]}
    for name in kinds:
        schema = _record(options_of(catalogs[catalog], name), catalogs)
        properties = schema["properties"]
        assert isinstance(properties, Mapping)
        if "kind" in properties:
            raise TypeError(f"options of {catalog} {name} cannot have a field `kind`")
        yield f"{catalog}.{name}", {**schema, "properties": {"kind": True, **properties}}


def _if_kind(catalog: str, kind: str) -> Schema:
    chosen = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}}}
    return {"if": chosen, "then": {"$ref": f"#/$defs/{catalog}.{kind}"}}


def _kind_tables(record: Record) -> Iterable[KindTable]:
    for field in record.fields.values():
        whole = field.shape.whole
        if isinstance(whole, KindTable):
            yield whole
        elif isinstance(whole, Record):
            yield from _kind_tables(whole)
