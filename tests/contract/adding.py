"""A model of the tests' own, in place of a generated model.py: is the sum of two numbers positive?."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .schema import Label, Row


class Model:
    """`predict` answers a label, `predict_proba` the two numbers."""

    def __init__(self, path: Path) -> None:
        pass

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        return ["yés" if row.x0 + row.x1 > 0 else "no" for row in rows]

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        return [[row.x0, row.x1] for row in rows]
