"""A fitted model and its compiled form side by side: rows as the service has them, answers as it gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any  # models and what they answer have no types

import msgspec
import numpy as np

Columns = Sequence[tuple[str, str, bool]]
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What the original is asked through `original`, and the compiled form of it."""

    original: Callable[[str, Sequence[Row]], Any]
    compiled: Any
    make: Callable[..., Any]

    def answers(self, method: str, rows: Sequence[Row]) -> tuple[Any, Any]:
        """What both answer, as plain values."""
        return np.asarray(self.original(method, rows)).tolist(), self.asked(method, rows)

    def asked(self, method: str, rows: Sequence[Row]) -> Any:
        """What the compiled form answers."""
        given = [self.make(**{f"c{i}": value for i, value in enumerate(row.values())}) for row in rows]
        return getattr(self.compiled, method)(given)

    def refusals(self, method: str, row: Row) -> tuple[bool, bool]:
        """Whether each of them refuses a row."""
        return _refuses(lambda: self.original(method, [row])), _refuses(lambda: self.asked(method, [row]))


def pair(
    optimizer: ModuleType,
    model: Any,
    folder: Path,
    columns: Columns,
    methods: Sequence[str],
    table: Callable[[Sequence[Row]], Any],
) -> Pair:
    """The model compiled into a file in the folder; `table` makes of rows what the original takes."""
    path = folder / optimizer.FILE
    path.write_bytes(optimizer.convert(model, columns, methods))
    make = msgspec.defstruct("Row", [(f"c{i}", object) for i in range(len(columns))], kw_only=True)
    return Pair(
        original=lambda method, rows: getattr(model, method)(table(rows)), compiled=optimizer.Model(path), make=make
    )


def doubles(count: int) -> Columns:
    return [(f"x{i}", "double", False) for i in range(count)]


def matrix(rows: Sequence[Row]) -> Any:
    return np.array([[*row.values()] for row in rows], dtype=np.float64)


def rows_of(values: Any) -> list[dict[str, object]]:
    return [{f"x{i}": value for i, value in enumerate(row)} for row in np.asarray(values, np.float64).tolist()]


def at_the_edges(values: Any, thresholds: Iterable[tuple[int, float]]) -> Any:
    """For each threshold of a column rows that have it there, and the numbers next to it, as float64 and as float32."""
    edges = []
    for i, (column, threshold) in enumerate(thresholds):
        near = np.float32(threshold)
        for value in (
            threshold,
            np.nextafter(threshold, -np.inf),
            np.nextafter(threshold, np.inf),
            near,
            np.nextafter(near, np.float32(-np.inf)),
            np.nextafter(near, np.float32(np.inf)),
        ):
            row = values[i % len(values)].copy()
            row[column] = value
            edges.append(row)
    return np.array(edges)


def agree(both: Pair, method: str, rows: Sequence[Row], close: float = 1e-12) -> None:
    """Labels and whole numbers are equal, others as close as float64 goes; one row at a time is as many at once."""
    original, answers = both.answers(method, rows)
    assert len(answers) == len(original)
    if isinstance(np.ravel(original)[0], np.floating):
        np.testing.assert_allclose(np.array(answers, float), np.array(original, float), rtol=close, atol=close)
    else:
        assert answers == original
        assert type(answers[0]) is type(original[0])
    alone = range(0, len(rows), 31)
    answered = [both.asked(method, [rows[i]])[0] for i in alone]
    if isinstance(np.ravel(original)[0], np.floating):
        np.testing.assert_allclose(answered, [answers[i] for i in alone], rtol=close, atol=close)
    else:
        assert answered == [answers[i] for i in alone]


def _refuses(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except ValueError:
        return True
    return False
