"""What is left of a config with mistakes, so that more can be said of the rest in the same run."""

from __future__ import annotations

from collections.abc import Iterable

from .diagnostics import Field
from .plain import HOLE


def salvage(data: object, mistaken: Iterable[Field]) -> object:
    """The data without what stands at the mistaken fields; a list is dropped whole, so that its indices stay true."""
    for field in mistaken:
        data = _without(data, field)
    return _without_holes(data)


def _without(data: object, field: Field) -> object:
    if not isinstance(data, dict) or not field or field[0] not in data:
        return data
    name, *rest = field
    if not rest or isinstance(rest[0], int):
        return {key: value for key, value in data.items() if key != name}
    return {**data, name: _without(data[name], tuple(rest))}


def _without_holes(data: object) -> object:
    if isinstance(data, dict):
        return {key: _without_holes(value) for key, value in data.items() if not _has_hole(value)}
    return data


def _has_hole(value: object) -> bool:
    return value is HOLE or (isinstance(value, list) and any(map(_has_hole, value)))
