"""A model that the page's tests ask: it stands in the generated project in place of the flavor's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .schema import Label, Row

CLASSES = ("leaves", "stays", "undecided")


class Model:
    """Whoever is older stays longer; nobody may be older than 150, which only the model knows."""

    def __init__(self, path: Path) -> None:
        pass

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        return [CLASSES[values.index(max(values))] for values in self.predict_proba(rows)]

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        if any(row.age > 150 for row in rows):
            raise ValueError("too old")
        return [[1 - row.age / 200 - 0.125, row.age / 200, 0.125] for row in rows]
