"""Images in requests: what of the templates takes them, and what that has to know of the model's array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import libcst as cst

from ...compiler.codegen.bind import Code
from ...compiler.codegen.fields import Field
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.rename import rename
from ...compiler.formats.overrides import MODES, channels
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Column
from ...schema.diagnostics import fail
from .rows import row_fields

WITHOUT = frozenset(
    {"IMAGE_TYPES", "FORM_DATA", "UPLOADS", "PICTURED", "pictured", "unencoded", "are_images", "AS_IMAGES", "TOLD"}
)
"""What of the templates goes where no request holds an image."""
FULL = 255


def image_column(columns: Sequence[Column]) -> Column | None:
    """The column whose array a request may give as an image."""
    return next((column for column in columns if column.image), None)


def checked(columns: Sequence[Column], hooks: Hooks | None) -> Column | None:
    """The same; UserError `bad-input` where no request has that column, since the user's own `pre` makes it."""
    column = image_column(columns)
    if column and hooks and hooks.pre:
        text = f"`pre` makes `{column.name}`, so no request holds an image in its place"
        raise fail("bad-input", text, field=("inputs", column.name, "image"), help="take the image in `pre`")
    return column


def row_type(columns: Sequence[Column]) -> dict[str, Sequence[Field]]:
    """The fields of a row whose array may be an image; nothing where there is none."""
    if not image_column(columns):
        return {}
    return {"ImageRow": [replace(field, annotation=f"{field.annotation} | Image") for field in row_fields(columns)]}


def constants(columns: Sequence[Column]) -> dict[str, dict[str, object]]:
    """What the modules are bound to that read images."""
    column = image_column(columns)
    if not column or not (image := column.image):
        return {}
    depth, height, width = channels(column)
    means, deviations = image.mean or (0.0,) * depth, image.std or (1.0,) * depth
    scaled = image.unit or image.mean or image.std
    return {
        "images": {
            "MODE": MODES[depth],
            "SIZE": (width, height),
            "SHAPE": [*column.shape],
            "CHANNELS_FIRST": image.layout == "chw",
            "RESIZE": Code(f"Image.Resampling.{image.resize.upper()}" if image.resize else "None"),
            "FULL": FULL if image.unit else 1,
            "SCALES": [*zip(means, deviations, strict=True)] if scaled else [],
        },
        "tensors": {"PICTURED": column.name},
        # a small file may be a large image: none is read where it would keep others waiting
        "service": {"INLINE_BYTES": 0},
    }


def around(modules: Mapping[str, cst.Module], variants: cst.Module) -> dict[str, cst.Module]:
    """The modules with rows that may be images where requests are read and described."""
    typed, openapi = (rename(modules[name], {"Row": "ImageRow"}) for name in ("typed", "openapi"))
    filled = fill(typed, Filling(source=variants, chosen={"operations": "operations", "call": "call"}))
    return {**modules, "typed": filled, "openapi": openapi}
