"""Models whose columns others answer: what a request of theirs holds, and whether the answers fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...compiler.model_spec import Column, Limits, Output
from ...schema.composed import Feed, in_order
from ...schema.diagnostics import Diagnostic, UserError
from .answers import Shapes
from .closed import listed
from .offered import ANSWERS, offered
from .part import Part

VALUES = {**ANSWERS, "datetime": "datetime", "binary": "bytes"}
"""What a column holds, as Python sees it."""


def ordered(parts: Mapping[str, Part]) -> tuple[str, ...]:
    """The models, each after those that it takes answers of."""
    return in_order({name: part.feeds for name, part in parts.items()})


def asked(part: Part, others: Mapping[str, Part], columns: Mapping[str, Sequence[Column]]) -> tuple[Column, ...]:
    """The columns of requests to a model that takes what others answer; UserError where that does not fit.

    `columns` are those of requests to these others.
    """
    mistakes = [d for name, feed in part.feeds.items() for d in _mistakes(name, feed, part, others[feed.model])]
    if mistakes:
        raise UserError(*mistakes)
    left = [column for column in listed(part.spec.inputs, part.closed or {}) if column.name not in part.feeds]
    return _all(left, {feed.model: (name, columns[feed.model]) for name, feed in part.feeds.items()})


def example(part: Part, own: Mapping[str, object], others: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The row that the documentation shows, made of those of the models; empty where one of them shows none."""
    if not all((own, *others)):
        return {}
    theirs = {column: value for row in others for column, value in row.items()}
    limited = {column.name for column in listed(part.spec.inputs, part.closed or {}) if _limited(column)}
    kept = {column for column in own if column in limited or column not in theirs} - part.feeds.keys()
    return theirs | {column: own[column] for column in own if column in kept}


def _all(own: Sequence[Column], others: Mapping[str, tuple[str, Sequence[Column]]]) -> tuple[Column, ...]:
    """The columns of all of them; one that several take has the limits of the first, and is needed where one needs it.

    `others` are columns by model, each with the one that the model fills.
    """
    found: dict[str, Column] = {column.name: column for column in own}
    for model, (filled, columns) in others.items():
        for column in columns:
            there = found.setdefault(column.name, column)
            if there.type != column.type:
                text = f"`{model}` takes `{column.name}` as {column.type}, another model takes it as {there.type}"
                raise UserError(_wrong(filled, text, "give it the same `dtype` for both"))
            told = there if _limited(there) else column
            found[column.name] = replace(told, optional=there.optional and column.optional)
    return tuple(found.values())


def _mistakes(name: str, feed: Feed, part: Part, other: Part) -> Iterator[Diagnostic]:
    """What is wrong with a column that is to be what another model answers."""
    outputs: Mapping[str, Output] = {output.method: output for output in offered(other.outputs, other.config)}
    if any(column.shape for column in (*part.spec.inputs, *other.spec.inputs)):
        yield _wrong(name, "models that take tensors neither give answers to others nor take them", "")
        return
    if not (output := outputs.get(feed.method)):
        text = f"`{feed.model}` has no method `{feed.method}` that is served"
        yield _wrong(name, text, f"it has: {', '.join(outputs)}")
        return
    (column,) = (column for column in part.spec.inputs if column.name == name)
    labels = Shapes(outputs, other.spec.classes).keys(feed.method)
    said = f"`{feed.model}` answers {feed.method} with"
    if labels and feed.label not in labels:
        text = f"{said} a number for each class, and a column holds one"
        yield _wrong(name, text, f"such as `{feed.model}.{feed.method}.{labels[-1]}`")
    elif feed.label and not labels:
        yield _wrong(name, f"{said} no number for `{feed.label}`", "leave it out")
    elif output.shape and not labels:
        yield _wrong(name, f"{said} {output.shape[0]} values, and a column holds one", "")
    elif VALUES[column.type] not in _fitting(ANSWERS[output.type]):
        yield _wrong(name, f"{said} {output.type}, and `{name}` is of type {column.type}", "")


def _limited(column: Column) -> bool:
    return replace(column.limits, description="") != Limits()


def _fitting(answer: str) -> tuple[str, ...]:
    return (answer, "float") if answer == "int" else (answer,)


def _wrong(column: str, text: str, help: str) -> Diagnostic:
    return Diagnostic(code="bad-input", message=text, field=("inputs", column, "from"), help=help)
