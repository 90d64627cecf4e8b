"""What deploy.yaml says of the model's columns, laid over what the model says itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite

from ...schema.config import Input
from ...schema.diagnostics import Diagnostic, Field, UserError
from ...schema.suggest import suggest
from ..model_spec import Column, Label, Limits

WHOLE = ("integer", "long")
NUMBERS = (*WHOLE, "float", "double")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""What an image with that many channels is, in Pillow's words."""


def overridden(columns: Sequence[Column], inputs: Mapping[str, Input]) -> tuple[Column, ...]:
    """The columns as they are to be served. UserError `unknown-column` names one that the model has not, `bad-input`
    what cannot hold of one.
    """
    known = {column.name: column for column in columns}
    mistakes = [_unknown(name, known) for name in inputs if name not in known]
    made = {name: _column(column, inputs[name]) if name in inputs else column for name, column in known.items()}
    for name in inputs.keys() & known.keys():
        mistakes += [*_mistakes(made[name], ("inputs", name)), *_image(made[name], ("inputs", name, "image"))]
    if mistakes:
        raise UserError(*sorted(mistakes, key=lambda mistake: [*inputs].index(str((mistake.field or ("", ""))[1]))))
    return tuple(made[column.name] for column in columns)


def contradictions(inputs: Mapping[str, Input]) -> Iterator[Diagnostic]:
    """What cannot hold of a column, as far as it is told before the model is known."""
    for name, said in inputs.items():
        if said.dtype:
            yield from _mistakes(_column(Column(name=name, type=said.dtype), said), ("inputs", name))
        else:
            yield from _crossed(said.min, said.max, ("inputs", name))


def _unknown(name: str, known: Mapping[str, Column]) -> Diagnostic:
    text = f"the model has no column `{name}`"
    return Diagnostic(code="unknown-column", message=text, field=("inputs", name), help=suggest(name, known))


def _column(column: Column, said: Input) -> Column:
    limits = Limits(
        minimum=said.min,
        maximum=said.max,
        values=said.enum,
        default=said.default,
        description=said.description or "",
    )
    optional = column.optional if said.optional is None else said.optional
    return replace(
        column,
        type=said.dtype or column.type,
        optional=optional,
        limits=limits,
        image=said.image,
        redacted=said.redact,
    )


def channels(column: Column) -> tuple[int, int, int]:
    """How many channels, lines and columns the image has that a column's array is made of; all 0 where it is none."""
    match column.shape:
        case (height, width):
            return 1, height, width
        case (height, width, depth) if column.image and column.image.layout == "hwc":
            return depth, height, width
        case (depth, height, width):
            return depth, height, width
    return 0, 0, 0


def _image(column: Column, field: Field) -> Iterator[Diagnostic]:
    """What is wrong with how an image becomes the column's array."""
    if not (image := column.image):
        return
    depth, _, _ = channels(column)
    if depth not in MODES or column.type not in NUMBERS:
        shape = " x ".join(map(str, column.shape)) or "single"
        yield _bad(
            f"`{column.name}` holds {shape} values of type {column.type}, which no image in {image.layout} has", field
        )
        return
    for key, values in (("mean", image.mean), ("std", image.std)):
        if values and len(values) != depth:
            yield _bad(f"`{column.name}` has {depth} channels, so {key} has to have as many numbers", (*field, key))
        if not all(map(isfinite, values)) or (key == "std" and 0 in values):
            yield _bad(f"{key} has to have numbers that can be reckoned with", (*field, key))
    if column.type in WHOLE and (image.unit or image.mean or image.std):
        yield _bad(f"`{column.name}` is of type {column.type}, which holds an image's values as they are", field)


def _mistakes(column: Column, field: Field) -> Iterator[Diagnostic]:
    limits, kind = column.limits, column.type
    if column.shape:
        given = {"default": limits.default, "enum": limits.values or None, "optional": column.optional or None}
        for key in (key for key, value in given.items() if value is not None):
            yield _bad(f"`{column.name}` is a tensor, which has no {key}", (*field, key))
        if given["default"] is not None or given["enum"]:
            return
    for key, bound in (("min", limits.minimum), ("max", limits.maximum)):
        if bound is not None and kind not in NUMBERS:
            yield _bad(f"`{column.name}` is of type {kind}, which has no {key}", (*field, key))
        elif bound is not None and not isfinite(bound):
            yield _bad(f"{key} has to be a number", (*field, key))
        elif bound is not None and kind in WHOLE and not float(bound).is_integer():
            yield _bad(f"`{column.name}` is of type {kind}, so {key} has to be a whole number", (*field, key))
    yield from _crossed(limits.minimum, limits.maximum, field)
    for i, value in enumerate(limits.values):
        yield from _value(column, value, (*field, "enum", i))
    if limits.default is not None:
        yield from _value(column, limits.default, (*field, "default"))
        if limits.values and limits.default not in limits.values:
            yield _bad(f"the default of `{column.name}` is none of its enum", (*field, "default"))
    if limits.values and kind not in (*WHOLE, "string"):
        yield _bad(f"`{column.name}` is of type {kind}, whose values cannot be counted out", (*field, "enum"))


def _crossed(low: float | None, high: float | None, field: Field) -> Iterator[Diagnostic]:
    if low is not None and high is not None and low > high:
        yield _bad(f"no number is from {low:g} to {high:g}", (*field, "max"))


def _value(column: Column, value: Label, field: Field) -> Iterator[Diagnostic]:
    """What is wrong with one value of a column."""
    limits = column.limits
    if not _fits(column.type, value):
        yield _bad(f"`{column.name}` is of type {column.type}, which {value!r} is not", field)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low = limits.minimum is not None and value < limits.minimum
        if low or (limits.maximum is not None and value > limits.maximum):
            yield _bad(f"{value} is not within min and max of `{column.name}`", field)


def _fits(kind: str, value: Label) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer" | "long":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float" | "double":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
    return False


def _bad(message: str, field: Field) -> Diagnostic:
    return Diagnostic(code="bad-input", message=message, field=field)
