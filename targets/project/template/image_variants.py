"""What stands in for functions of typed JSON where a row's array may be given as an image."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import msgspec
from msgspec.structs import astuple

from .forms import FORM_DATA, parts
from .images import IMAGE_TYPES, arrays
from .predictor import METHODS
from .problems import Rejected
from .schema import Image, Row
from .typed import _many, _one, decode, located
from .web import JSON, Call, Operation, Request

COLUMN = Row.__struct_encode_fields__[0]


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
        return Call(method, [_row(array, COLUMN) for array in arrays([request.body], [COLUMN])], _one)
    sent = decode(request.body)
    if isinstance(sent, list):
        fields = [f"[{i}].{COLUMN}" for i in range(len(sent))]
        return Call(method, _rows([value for row in sent for value in astuple(row)], fields), _many)
    return Call(method, _rows([*astuple(sent)], [COLUMN]), _one)


def _uploaded(form: Iterable[tuple[str, bytes]]) -> list[Row]:
    """The rows of a form's files, in their order."""
    files = []
    for name, content in form:
        if name != COLUMN:
            raise Rejected(422, "invalid-row", f"Object contains unknown field `{name}`"[:300], name[:300])
        files.append(content)
    if not files:
        raise Rejected(422, "invalid-row", f"Object missing required field `{COLUMN}`", COLUMN)
    fields = [f"[{i}].{COLUMN}" for i in range(len(files))]
    return [_row(array, field) for array, field in zip(arrays(files, fields), fields, strict=True)]


def _rows(values: list[object], fields: list[str]) -> list[Row]:
    """The rows of arrays and of images, in their order."""
    images = {i: value.b64 for i, value in enumerate(values) if isinstance(value, Image)}
    made = dict(zip(images, arrays([*images.values()], [f"{fields[i]}.b64" for i in images]), strict=True))
    return [_row(made.get(i, value), fields[i]) for i, value in enumerate(values)]


def _row(array: object, field: str) -> Row:
    try:
        return msgspec.convert({COLUMN: array}, Row)
    except msgspec.ValidationError as error:
        message, place = located(str(error))
        raise Rejected(422, "invalid-row", message, field + place.removeprefix(COLUMN)) from None
