"""A deploy.yaml as a Config with the places of its values, or all of its mistakes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from .codec import Mismatch, decode, encode
from .combinations import combinations
from .config import Config
from .diagnostics import Diagnostic, Field, UserError
from .json_schema import json_schema
from .mistakes import Violation, mistakes
from .nodes import parse
from .overlay import misplaced, overlaid
from .pipeline import pipelined
from .plain import plain
from .salvage import salvage
from .shapes import Catalogs, Shape, record_of
from .source import read_source
from .spans import Spans

__all__ = ["Check", "Loaded", "Mismatch", "decode", "encode", "read_config"]

SERVED = frozenset({"model", "models"})
"""Keys of which one has to be there."""

Check = Callable[[Config], Iterable[Diagnostic]]
"""More that must hold of a config, such as that its files are there; its diagnostics say their field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config and where its values stand."""

    config: Config
    spans: Spans


def read_config(
    path: Path, catalogs: Catalogs, check: Check = lambda config: (), *, overlay: Path | None = None
) -> Loaded:
    """Read a deploy.yaml, and an overlay over it where one is given; `check` may have more to say of both together.

    UserError holds all mistakes, in the order of their places: those of reading, those of YAML, of the language, and
    those that `check` finds. Where others were found before it, `check` gets what is left of the config without them,
    and what it says of fields that the file does not have is left out.
    """
    root, found = parse(read_source(path))
    if overlay:
        over, more_found = parse(read_source(overlay))
        root, found = overlaid(root, over), (*found, *more_found, *misplaced(over))
    root, of_functions = pipelined(root, path.parent)
    found += of_functions
    spans = Spans(root=root)
    data = plain(root, Shape(whole=record_of(Config)), catalogs)
    found += mistakes(list(_violations(data, catalogs)), spans, catalogs)
    try:
        config = decode(Config, salvage(data, [d.field for d in found if d.field]) if found else data, catalogs)
    except Mismatch as error:
        refused = Diagnostic(code="bad-value", message=error.message, field=error.at)
        raise _all(found or (refused,), spans) from None
    # what is said of a whole mapping may only follow from a mistake in it, or from its being none
    wanting = {field for d in found if d.field and d.code != "missing-key" for field in (d.field, d.field[:-1])}
    more = [*_of_no_methods(config, spans), *combinations(config), *check(config)]
    more = [d for d in more if d.field not in wanting]
    more = [d for d in more if not found or spans.has(d.field or ())]
    if found or more:
        raise _all((*found, *more), spans)
    return Loaded(config=config, spans=spans)


def _of_no_methods(config: Config, spans: Spans) -> Iterator[Diagnostic]:
    """Lists of methods that are written and empty; one that is left out means every method."""
    listed: dict[Field, tuple[str, ...]] = {("serve", "methods"): config.serve.methods}
    listed |= {("models", name, "methods"): member.methods for name, member in config.models.items()}
    for field in (field for field, methods in listed.items() if not methods and spans.has(field)):
        text = "`methods` names none, and a service serves at least one"
        advice = "leave it out to serve every method that the model has"
        yield Diagnostic(code="bad-value", message=text, field=field, help=advice)


def _violations(data: object, catalogs: Catalogs) -> Iterator[Violation]:
    unserved = isinstance(data, Mapping) and not data.keys() & SERVED
    if not unserved and _decodes(data, catalogs):
        return  # decoding is as strict, and tells only the first mistake; validating takes longer than all else here
    from jsonschema import Draft202012Validator

    schema = json_schema(catalogs)
    if unserved:
        # a schema says this by alternatives, of which it cannot be told well which one is wrong
        yield Violation(keyword="required", expected=["model"], schema=schema, found=data, path=(), is_key=False)
    for error in Draft202012Validator(schema).iter_errors(data):
        yield Violation(
            keyword=str(error.validator),
            expected=error.validator_value,
            schema=cast(Mapping[str, object], error.schema),
            found=error.instance,
            path=tuple(error.absolute_path),
            is_key="propertyNames" in error.absolute_schema_path,
        )


def _decodes(data: object, catalogs: Catalogs) -> bool:
    try:
        decode(Config, data, catalogs)
    except Mismatch:
        return False
    return True


def _all(diagnostics: Iterable[Diagnostic], spans: Spans) -> UserError:
    return UserError(*sorted(map(spans.placed, diagnostics), key=_place))


def _place(diagnostic: Diagnostic) -> tuple[bool, int, int]:
    return (True, diagnostic.at.line, diagnostic.at.column) if diagnostic.at else (False, 0, 0)
