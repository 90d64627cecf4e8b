"""What stands in for functions that read requests where a row's array may be given as an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from .forms import FORM_DATA, parts
from .images import IMAGE_TYPES, image_places, pictured
from .pixels import Image, read_images
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
        return Call(method, _looked_at(_uploaded(parts(request.body, kind)), many=True), _many)
    if media in IMAGE_TYPES:
        return Call(method, _looked_at([_row(request.body)]), _one)
    sent = decode(request.body)
    if isinstance(sent, list):
        return Call(method, _looked_at(sent, ".b64", many=True), _many)
    return Call(method, _looked_at([sent], ".b64"), _one)


def _uploaded(form: Iterable[tuple[str, bytes]]) -> list[Row]:
    """The rows of a form's files, in their order."""
    files = []
    for name, content in form:
        if name != PICTURED:
            raise Rejected(422, "invalid-row", f"Object contains unknown field `{name}`"[:300], name[:300])
        files.append(content)
    if not files:
        raise Rejected(422, "invalid-row", f"Object missing required field `{PICTURED}`", PICTURED)
    return [*map(_row, files)]


def _looked_at(rows: list[Row], within: str = "", *, many: bool = False) -> list[Row]:
    """The rows, whose images have been read; `within` is where the file is in a value."""
    read_images(rows, [f"[{i}].{PICTURED}{within}" if many else PICTURED + within for i in range(len(rows))])
    return rows


def _row(file: bytes) -> Row:
    return msgspec.convert({PICTURED: Image(file)}, Row)


def converted(records: Sequence[Mapping[str, object]], kind: type[Sequence[Row]], *, strict: bool) -> list[Row]:
    try:
        found = [*msgspec.convert(pictured(records), kind, strict=strict)]
    except msgspec.ValidationError as error:
        message, field = located(str(error))
        raise Rejected(400, "invalid-row", message, field) from None
    read_images(found, image_places(records))
    return found
