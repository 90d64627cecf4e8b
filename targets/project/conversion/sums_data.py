"""A linear model's table as data: what a row's columns do to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any  # what becomes JSON

from .sums_table import Choice, Number, Other, Part, Table, Words


def described(table: Table) -> dict[str, Any]:
    """The table, and what a row's columns do to it."""
    base: list[float] = []
    found: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for (number, *_), group in groupby(table.parts, key=alike):
        if number:
            one = [part for part in group if isinstance(part, Number)]
            found.append(side_by_side(one, len(base)))
            base += [0.0] * len(one)
            continue
        for part in group:
            assert not isinstance(part, Number | Other)
            if isinstance(part, Words):
                words.append(texts(part, len(base)))
                base += [0.0] * part.width
                continue
            found.append(choice(part, len(base)))
            base += part.base
    if table.sparse and any(base):
        raise ValueError("a sparse table holds more than the encoders' ones")
    return {
        "table": base,
        "parts": found,
        "words": words,
        "dtype": table.dtype,
        "by_column": table.by_column,
        "sparse": table.sparse,
    }


def alike(part: Part) -> tuple[Any, ...]:
    """What columns have in common that may be looked at together."""
    if isinstance(part, Number):
        return (True, part.read, *((name, dtype) for name, _, dtype in part.steps))
    return (False,)


def side_by_side(columns: Sequence[Number], start: int) -> dict[str, Any]:
    first = columns[0]
    return {
        "type": "numbers",
        "start": start,
        "columns": [column.source.place for column in columns],
        "optional": any(column.source.optional for column in columns),
        "dtype": first.read,
        "steps": [
            {"name": name, "values": [column.steps[i][1] for column in columns], "dtype": dtype}
            for i, (name, _, dtype) in enumerate(first.steps)
        ],
    }


def choice(part: Choice, start: int) -> dict[str, Any]:
    cells = [cell and (start + cell[0], cell[1]) for cell in (*part.cells, part.other)]
    made = {"column": part.source.place, "cells": cells[:-1], "refuses": part.refuses}
    if part.ranges:
        return {"type": "bins", "edges": part.known, "missing": cells[-1], **made}
    return {"type": "choice", "known": part.known, "other": cells[-1], **made}


def texts(part: Words, start: int) -> dict[str, Any]:
    return {
        "column": part.source.place,
        **part.reading,
        "known": part.known,
        "places": [None if place is None else start + place for place in part.places],
        "binary": part.binary,
        "sublinear": part.sublinear,
        "rarity": part.rarity,
        "norm": part.norm,
        "factors": part.factors,
    }
