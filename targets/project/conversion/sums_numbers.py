"""scikit-learn's scalers and imputers, as steps on a linear model's columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fitted import Fitted
from .sums_table import Choice, Number, Other, Part, Table, Words, each, numeric


def standard(model: Fitted, table: Table) -> Table:
    # what the table's type is, these numbers are rounded to before they are used
    if model.with_mean:
        table = each(table, "subtract", model.mean_.astype(table.dtype))
    return divided(table, model.scale_.astype(table.dtype)) if model.with_std else numeric(table)


def robust(model: Fitted, table: Table) -> Table:
    if model.with_centering:
        table = each(table, "subtract", model.center_)
    return divided(table, model.scale_) if model.with_scaling else numeric(table)


def min_max(model: Fitted, table: Table) -> Table:
    limits = model.feature_range if model.clip else None
    return clipped(each(each(opened(table, limits), "multiply", model.scale_), "add", model.min_), limits)


def max_abs(model: Fitted, table: Table) -> Table:
    limits = (-1, 1) if getattr(model, "clip", False) else None
    return clipped(divided(opened(table, limits), model.scale_), limits)


def divided(table: Table, scale: Fitted) -> Table:
    """A sparse table is multiplied by one over it."""
    return each(table, "multiply", 1.0 / scale) if table.sparse else each(table, "divide", scale)


def opened(table: Table, limits: tuple[float, float] | None) -> Table:
    """The table before it is clipped: what is infinite would come out as any other number."""
    return each(table, "take", [0.0] * table.width) if limits else table


def clipped(table: Table, limits: tuple[float, float] | None) -> Table:
    if limits is None:
        return table
    low, high = limits
    return each(each(table, "at least", [low] * table.width), "at most", [high] * table.width)


def imputer(model: Fitted, table: Table) -> Table:
    """What is missing becomes the column's statistic; columns that have none go."""
    missing = model.missing_values
    if table.sparse or not (isinstance(missing, float) and np.isnan(missing)):
        raise ValueError(f"it has a SimpleImputer to which {missing!r} is what is missing")
    if any(part.width > 1 for part in table.parts):
        raise ValueError("a SimpleImputer stands behind an encoder")
    pairs = [*zip(table.parts, model.statistics_.tolist(), strict=True)]
    parts = [filled(part, value, table.dtype) for part, value in pairs if value == value]
    flags: list[Part] = []
    if model.add_indicator:
        flags = [flag(table.parts[int(i)], table.dtype) for i in model.indicator_.features_]
    return replace(table, parts=(*parts, *flags))


def filled(part: Part, value: object, dtype: str) -> Part:
    if isinstance(part, Other):
        if not isinstance(value, str) or part.source.kind != "string":
            raise ValueError(f"the column `{part.source.name}` of type {part.source.kind} is filled with {value!r}")
        return part if part.fill is not None else replace(part, fill=value)
    if isinstance(value, str) or value is None:
        raise ValueError(f"the column `{part.source.name}` holds numbers, and is filled with {value!r}")
    number = float(np.dtype(dtype).type(value))
    return part.done("fill", [number], dtype)


def flag(part: Part, dtype: str) -> Choice:
    """1 where the column lacks a value."""
    if isinstance(part, Choice | Words) or (isinstance(part, Number) and part.steps):
        raise ValueError("a SimpleImputer with an indicator stands behind other steps")
    return Choice(source=part.source, base=(0.0,), known=(None,), cells=((0, 1.0),), dtype=dtype)
