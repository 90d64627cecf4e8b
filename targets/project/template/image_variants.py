"""What stands in for functions of typed JSON where a row's array may be given as an image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import msgspec
from msgspec.structs import astuple

from .forms import FORM_DATA, parts
from .images import IMAGE_TYPES, drawn
from .predictor import METHODS
from .problems import Rejected
from .schema import Row
from .tensors import PICTURED
from .typed import _many, _one, decode, located
from .web import JSON, Call, Operation, Request


def operations() -> dict[str, Operation]:
    """A path for each method of the model."""
    return {f"/{method}": Operation(partial(call, method), (JSON, *IMAGE_TYPES, FORM_DATA)) for method in METHODS}


def call(method: str, request: Request) -> Call:
    """What the body asks, be it JSON, one image, or a form with some; Rejected names the field that does not fit."""
    kind = request.header("content-type") or ""
    media = kind.partition(";")[0].strip().lower()
    if media == FORM_DATA:
        return Call(method, _uploaded(parts(request.body, kind)), _many)
    if media in IMAGE_TYPES:
        return Call(method, _rows([request.body], [PICTURED]), _one)
    sent = decode(request.body)
    if isinstance(sent, list):
        fields = [f"[{i}].{PICTURED}" for i in range(len(sent))]
        return Call(method, _rows([value for row in sent for value in astuple(row)], fields), _many)
    return Call(method, _rows([*astuple(sent)], [PICTURED]), _one)


def _uploaded(form: Iterable[tuple[str, bytes]]) -> list[Row]:
    """The rows of a form's files, in their order."""
    files = []
    for name, content in form:
        if name != PICTURED:
            raise Rejected(422, "invalid-row", f"Object contains unknown field `{name}`"[:300], name[:300])
        files.append(content)
    if not files:
        raise Rejected(422, "invalid-row", f"Object missing required field `{PICTURED}`", PICTURED)
    return _rows(files, [f"[{i}].{PICTURED}" for i in range(len(files))])


def _rows(values: Sequence[object], fields: list[str]) -> list[Row]:
    """The rows of arrays and of images, in their order."""
    return [_row(value, field) for value, field in zip(drawn(values, fields), fields, strict=True)]


def _row(array: object, field: str) -> Row:
    try:
        return msgspec.convert({PICTURED: array}, Row)
    except msgspec.ValidationError as error:
        message, place = located(str(error))
        raise Rejected(422, "invalid-row", message, field + place.removeprefix(PICTURED)) from None
