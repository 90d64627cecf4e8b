"""Images in requests: what of the templates takes them, and what that has to know of the model's array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import libcst as cst

from ...compiler.codegen.add_imports import add_imports
from ...compiler.codegen.bind import Code
from ...compiler.codegen.fields import Field
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.source import Import
from ...compiler.formats.overrides import MODES, channels
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Column
from ...schema.diagnostics import fail
from .rows import row_fields

WITHOUT = frozenset(
    {
        "IMAGE_TYPES",
        "FORM_DATA",
        "UPLOADS",
        "PICTURED",
        "unencoded",
        "are_images",
        "AS_IMAGES",
        "TOLD",
    }
)
"""What of the templates goes where no request holds an image."""
IMAGE = Import(module=".pixels", name="Image", bound="Image", alias=False)
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
    return {"Row": [replace(field, annotation=f"{field.annotation} | Image") for field in row_fields(columns)]}


def constants(columns: Sequence[Column]) -> dict[str, dict[str, object]]:
    """What the modules are bound to that read images."""
    column = image_column(columns)
    if not column or not (image := column.image):
        return {}
    depth, height, width = channels(column)
    means, deviations = image.mean or (0.0,) * depth, image.std or (1.0,) * depth
    scaled = image.unit or image.mean or image.std
    return {
        "pixels": {
            "MODE": MODES[depth],
            "SIZE": (width, height),
            "SHAPE": [*column.shape],
            "CHANNELS_FIRST": image.layout == "chw",
            "BOUNDS": (column.limits.minimum, column.limits.maximum),
            "RESIZE": Code(f"Resampling.{image.resize.upper()}" if image.resize else "None"),
            "FULL": FULL if image.unit else 1,
            "SCALES": [*zip(means, deviations, strict=True)] if scaled else [],
        },
        "tensors": {"PICTURED": column.name},
        # a small file may be a large image: none is read where it would keep others waiting
        "service": {"INLINE_BYTES": 0},
    }


def around(modules: Mapping[str, cst.Module], variants: cst.Module) -> dict[str, cst.Module]:
    """The modules with images where the rows of requests have their type and are read."""
    chosen = {"typed": {"operations": "operations", "call": "call"}, "tabular": {"converted": "converted"}}
    filled = {name: fill(modules[name], Filling(source=variants, chosen=names)) for name, names in chosen.items()}
    return {**modules, **filled, "schema": add_imports(modules["schema"], [IMAGE])}
