"""What a JSON Schema validator found, said to the user: a diagnostic with code, place and help for each mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from .config import Config
from .diagnostics import Diagnostic, Field
from .json_schema import CATALOG, EXCEPT_WORDS, PATTERN_WORDS
from .plain import HOLE
from .render import name_of
from .scalars import core
from .shapes import Catalogs, Record, record_of
from .source import masked
from .spans import Spans
from .suggest import nearest, suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One keyword of a JSON Schema that does not hold."""

    keyword: str
    expected: object
    """The keyword's value in the schema."""
    schema: Mapping[str, object]
    """All keywords beside it."""
    found: object
    path: Field
    """Of the value that was found; of the mapping, where a key was found wanting."""
    is_key: bool
    """Whether what was found is a key."""


def mistakes(violations: Collection[Violation], spans: Spans, catalogs: Catalogs) -> tuple[Diagnostic, ...]:
    """All mistakes, each once; what follows from another mistake at the same place is left out."""
    typed = {violation.path for violation in violations if violation.keyword == "type"}
    kept = [v for v in violations if v.found is not HOLE and (v.keyword == "type" or v.is_key or v.path not in typed)]
    typos = {field for violation in violations for field in _typos(violation)}
    said = [diagnostic for violation in kept for diagnostic in _say(violation, typos, spans, catalogs)]
    unknown = {diagnostic.at for diagnostic in said if diagnostic.code.startswith("unknown-")}
    return tuple(dict.fromkeys(d for d in said if d.code != "bad-value" or d.at not in unknown))


def _typos(violation: Violation) -> Iterator[Field]:
    """The keys that unknown ones were probably meant to be."""
    match violation:
        case Violation(keyword="additionalProperties", found=Mapping() as found, schema={"properties": dict(known)}):
            for key in found.keys() - known.keys():
                yield (*violation.path, nearest(key, known))


def _say(violation: Violation, typos: Set[Field], spans: Spans, catalogs: Catalogs) -> Iterator[Diagnostic]:
    catalog = violation.schema.get(CATALOG)
    match violation:
        case Violation(keyword="additionalProperties", found=Mapping() as found, schema={"properties": dict(known)}):
            for key in found.keys() - known.keys():
                yield _unknown_key(key, (*violation.path, key), known, spans)
        case Violation(keyword="required") if isinstance(catalog, str):
            yield _unknown_kind(violation.path, catalog, catalogs[catalog], spans)
        case Violation(keyword="required", found=Mapping() as found, expected=list(expected)):
            missing = [key for key in expected if key not in found and (*violation.path, key) not in typos]
            yield from (_missing_key(key, violation, spans) for key in missing)
        case Violation(keyword="type"):
            yield _wrong_type(violation, spans)
        case Violation(keyword="enum") if isinstance(catalog, str):
            yield _unknown(catalog, str(violation.found), catalogs[catalog], violation.path, spans)
        case _:
            yield _bad_value(violation, spans)


def _unknown_key(key: str, field: Field, known: Iterable[str], spans: Spans) -> Diagnostic:
    return Diagnostic(
        code="unknown-key",
        message=f"unknown key `{key}`",
        at=spans.key(field),
        field=field,
        help=_home(key) or suggest(key, known) or "no key is known here",
    )


def _home(key: str) -> str:
    """Where else in a config a key belongs."""
    homes = [name for name in _homes(key, record_of(Config), ()) if name]
    return f"`{key}` belongs under {' or '.join(f'`{name}`' for name in homes)}" if homes else ""


def _homes(key: str, record: Record, path: Field) -> Iterator[str]:
    for name, field in record.fields.items():
        if isinstance(field.shape.whole, Record):
            yield from _homes(key, field.shape.whole, (*path, name))
        if name == key:
            yield name_of(path)


def _unknown(catalog: str, name: str, known: Iterable[str], field: Field, spans: Spans) -> Diagnostic:
    one = catalog.removesuffix("s")
    return Diagnostic(
        code=f"unknown-{one}",
        message=f"unknown {one} `{name}`",
        at=spans.of(field),
        field=field,
        help=suggest(name, known),
    )


def _unknown_kind(field: Field, catalog: str, known: Iterable[str], spans: Spans) -> Diagnostic:
    """An entry whose name is no kind, and that does not say its kind either."""
    name, one = str(field[-1]), catalog.removesuffix("s")
    return Diagnostic(
        code=f"unknown-{one}",
        message=f"unknown {one} `{name}`",
        at=spans.key(field),
        field=field,
        help=f"{suggest(name, known)}; a name of your own says its kind: `{name}: {{kind: ...}}`",
    )


def _missing_key(key: str, violation: Violation, spans: Spans) -> Diagnostic:
    properties = violation.schema.get("properties")
    described = properties.get(key) if isinstance(properties, Mapping) else None
    doc = described.get("description") if isinstance(described, Mapping) else None
    place = f" in `{_name(violation.path)}`" if violation.path else ""
    return Diagnostic(
        code="missing-key",
        message=f"the key `{key}` is missing{place}",
        at=spans.key(violation.path),
        field=violation.path,
        help=f"add `{key}: ...`",
        notes=(str(doc),) if doc else (),
    )


def _wrong_type(violation: Violation, spans: Spans) -> Diagnostic:
    types = violation.expected if isinstance(violation.expected, list) else [violation.expected]
    words = " or ".join(_EXPECTED[str(type_)] for type_ in types if type_ != "null" or len(types) == 1)
    message = f"`{_name(violation.path)}` must be {words}, not {_shown(violation.found)}"
    return Diagnostic(
        code="wrong-type",
        message=message if violation.path else f"the file must be {words}, not {_shown(violation.found)}",
        at=spans.of(violation.path),
        field=violation.path,
        help=_type_help(types, violation.found),
    )


def _type_help(types: list[object], found: object) -> str:
    match found:
        case str() if "boolean" in types and found.lower() in ("yes", "no", "on", "off", "y", "n"):
            return f"write `{'true' if found.lower() in ('yes', 'on', 'y') else 'false'}`"
        case str() if {"number", "integer"} & {*types} and isinstance(core(found), int | float):
            return "remove the quotes"
        case str() if {"number", "integer"} & {*types} and found.lower().lstrip("+-") in (".inf", ".nan"):
            return "numbers are finite here"
        case str() | int() | float() if "array" in types:
            return f"write a list of one: `[{found}]`"
        case [*items] if "object" in types and items and all(isinstance(item, str) for item in items):
            return f"write a mapping: `{{{', '.join(f'{item}: {{}}' for item in items)}}}`"
    return ""


def _bad_value(violation: Violation, spans: Spans) -> Diagnostic:
    field = (*violation.path, str(violation.found)) if violation.is_key else violation.path
    at = spans.key(field) if violation.is_key else spans.of(field)
    subject = "the key" if violation.is_key else f"`{_name(field)}`"
    shown = f"`{_text(spans.text(field) or violation.found)}`"
    match violation.keyword:
        case "pattern":
            message = f"{subject} {violation.schema[PATTERN_WORDS]}, not {shown}"
        case "not":
            message = f"{subject} must not be {violation.schema[EXCEPT_WORDS]}, as {shown} is"
        case "minimum":
            message = f"{subject} must be at least {violation.expected}, not {shown}"
        case "maximum":
            message = f"{subject} must be at most {violation.expected}, not {shown}"
        case _:
            return _not_listed(violation, field, subject, spans)
    return Diagnostic(code="bad-value", message=message, at=at, field=field)


def _not_listed(violation: Violation, field: Field, subject: str, spans: Spans) -> Diagnostic:
    listed = violation.expected if isinstance(violation.expected, list) else [violation.expected]
    words = " or ".join(f"`{_text(value)}`" for value in listed)
    return Diagnostic(
        code="bad-value",
        message=f"{subject} must be {words}, not `{_text(violation.found)}`",
        at=spans.of(field),
        field=field,
        help=suggest(str(violation.found), [_text(value) for value in listed]) if len(listed) > 1 else "",
    )


def _name(field: Field) -> str:
    """The last name of a path with the indices after it: `inputs[0]`."""
    name = ""
    for part in field:
        name = f"{name}[{part}]" if isinstance(part, int) else part
    return name


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{_text(value)}`"
        case int() | float():
            return f"the number `{_text(value)}`"
        case str():
            return f"the text `{_text(value)}`"
        case Mapping():
            return "a mapping"
    return "a list"


def _text(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else "null" if value is None else str(value)
    line = masked(" ".join(text.split()))
    return line if len(line) <= 60 else f"{line[:59]}…"


_EXPECTED = {
    "null": "nothing",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a mapping",
}
