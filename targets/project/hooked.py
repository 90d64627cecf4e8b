"""Whether hooks fit the model: their types are compared with its columns and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...compiler.codegen.identifiers import identifiers
from ...compiler.hooks.contract import GIVEN, Hooks, Record, RecordField
from ...compiler.model_spec import Column, ColumnType
from ...schema.diagnostics import Diagnostic, UserError
from ...schema.suggest import suggest

KINDS: Mapping[ColumnType, tuple[str, ...]] = {
    "boolean": ("bool",),
    "integer": ("int",),
    "long": ("int",),
    "float": ("float", "int"),
    "double": ("float", "int"),
    "string": ("str",),
    "binary": ("bytes",),
    "datetime": ("datetime",),
}
"""Types of fields that a column can be made of."""

TAKEN = frozenset({"Failure", "Problem", "Info", "Model", "Row"})
"""Names that the service's documentation has for its own types."""

ANSWERS: Mapping[str, frozenset[str]] = {
    "predict_proba": frozenset({"Probabilities", "ClassProbabilities"}),
    "decision_function": frozenset({"Decision", "ClassScores"}),
    "transform": frozenset({"Transformed"}),
}
"""Names of further ones, by the method that answers with them."""
IMAGES = frozenset({"Image"})
"""Of what a request's rows are where they may be images."""


def check_hooks(hooks: Hooks, columns: Sequence[Column], methods: Sequence[str]) -> None:
    """UserError `hook-columns`, `hook-answer` or `hook-type` where the hooks do not fit the model, at their lines."""
    mistakes = [
        *_made(hooks, columns),
        *_seen(hooks, columns),
        *_answers(hooks, methods),
        *_names(hooks, columns, methods),
    ]
    if mistakes:
        raise UserError(*mistakes)


def columns_of(record: Record, columns: Sequence[Column]) -> dict[str, str]:
    """The record's field for each column that it has, by the column's name."""
    called = dict(zip(identifiers([c.name for c in columns], stem="column"), (c.name for c in columns), strict=True))
    names = {column.name for column in columns}
    return {f.key if f.key in names else called.get(f.name, f.key): f.name for f in record.fields}


def hook_constants(hooks: Hooks, columns: Sequence[Column]) -> dict[str, object]:
    """The constants of the generated module of hooks."""
    fields = tuple(field.name for field in hooks.request.fields) if hooks.request else ()
    mapped = columns_of(hooks.made, columns) if hooks.made else {}
    return {
        "COLUMNS": mapped,
        "FIELDS": fields,
        "GIVEN": {name: GIVEN[name] for name in hooks.post.given} if hooks.post else {},
    }


def _made(hooks: Hooks, columns: Sequence[Column]) -> Iterator[Diagnostic]:
    if not hooks.pre or not hooks.made:
        return
    found = columns_of(hooks.made, columns)
    fields = {field.name: field for field in hooks.made.fields}
    missing = [c.name for c in columns if c.name not in found and not c.optional]
    if missing:
        text = f"{hooks.made.name} lacks the model's columns {', '.join(missing[:10])}"
        yield Diagnostic(code="hook-columns", message=text, at=hooks.made.at)
    known = {column.name: column for column in columns}
    for name, field in found.items():
        if name in known:
            yield from _kind(fields[field], known[name])
        else:
            yield _unknown(fields[field], known)


def _seen(hooks: Hooks, columns: Sequence[Column]) -> Iterator[Diagnostic]:
    """Without `pre`, the row that `post` takes is made of the model's columns."""
    if hooks.pre or not hooks.post or not hooks.request:
        return
    names = set(identifiers([c.name for c in columns], stem="column"))
    for field in hooks.request.fields:
        if field.name not in names:
            yield _unknown(field, {column.name: column for column in columns})


def _unknown(field: RecordField, known: Mapping[str, Column]) -> Diagnostic:
    text = f"the model has no column `{field.key}`"
    return Diagnostic(code="hook-columns", message=text, at=field.at, help=suggest(field.key, known))


def _kind(field: RecordField, column: Column) -> Iterator[Diagnostic]:
    plain, _, nothing = field.kind.partition(" | ")
    if plain in ("", "object"):
        return
    if plain not in KINDS[column.type]:
        text = f"the column `{column.name}` is of type {column.type}, but {field.name} is a {plain}"
        yield Diagnostic(code="hook-columns", message=text, at=field.at)
    elif nothing and not column.optional:
        text = f"the column `{column.name}` cannot be missing, but {field.name} may be None"
        yield Diagnostic(code="hook-columns", message=text, at=field.at)


def _answers(hooks: Hooks, methods: Sequence[str]) -> Iterator[Diagnostic]:
    if hooks.post is None:
        return
    lacking = [name for name in hooks.post.given if GIVEN[name] not in methods]
    for name in lacking:
        text = f"`post` takes `{name}`, but the model's {GIVEN[name]} is not served"
        yield Diagnostic(code="hook-answer", message=text, at=hooks.post.at, help=f"served: {', '.join(methods)}")
    if not lacking and "predict" not in methods:
        text = "`post` stands behind predict, which is not served"
        yield Diagnostic(code="hook-answer", message=text, at=hooks.post.at, help=f"served: {', '.join(methods)}")


def _names(hooks: Hooks, columns: Sequence[Column], methods: Sequence[str]) -> Iterator[Diagnostic]:
    taken = TAKEN.union(*(ANSWERS.get(method, frozenset()) for method in methods))
    taken |= IMAGES if any(column.image for column in columns) else frozenset()
    if hooks.response and hooks.response.name in taken:
        text = f"the service's documentation has a type {hooks.response.name} of its own"
        yield Diagnostic(code="hook-type", message=text, at=hooks.response.at, help="give yours another name")
