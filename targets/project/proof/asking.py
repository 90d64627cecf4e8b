"""Asks a form of the model for rows: each row's answer, also where one of them makes the whole batch fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any  # a generated module is only known here by what it promises

import msgspec

from .comparing import Answer, Refusal, Value

Row = Mapping[str, object]
"""A row's values by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of the model, with its own type of rows: what the service itself would answer with."""

    model: Any
    rows: Any

    @classmethod
    def load(cls, package: str, file: Path) -> Form:
        """The generated modules of `package`, with the model in `file`."""
        module, schema = import_module(f"{package}.model"), import_module(f"{package}.schema")
        # where a request's rows are others than the model's
        row = getattr(schema, "Features", schema.Row)
        return cls(model=module.Model(file), rows=list[row])  # type: ignore[valid-type]  # made at run time

    def takes(self, row: Row) -> bool:
        """Whether the service would hand the row to the model."""
        try:
            msgspec.convert([spelled(row)], self.rows)
        except msgspec.ValidationError:
            return False
        return True

    def answers(self, method: str, rows: Sequence[Row]) -> list[Answer]:
        """The answers to rows that are asked in one batch; in smaller ones where that fails.

        What the form's own types refuse, such as a category, its model is not asked for.
        """
        try:
            typed = msgspec.convert([*map(spelled, rows)], self.rows)
        except msgspec.ValidationError:
            found = iter(self.answers(method, [row for row in rows if self.takes(row)]))
            return [next(found) if self.takes(row) else Refusal("refused") for row in rows]
        return [*answered(getattr(self.model, method), typed)]

    def alone(self, method: str, rows: Sequence[Row]) -> list[Answer]:
        """The answers to rows that are asked one by one."""
        return [answer for row in rows for answer in self.answers(method, [row])]


def spelled(row: Row) -> Row:
    """The row by the names that the generated types have for columns whose names hold quotes or backslashes."""
    return {name.replace('"', "\ue022").replace("\\", "\ue05c"): value for name, value in row.items()}


def answered(method: Callable[[Sequence[object]], list[Value]], rows: Sequence[object]) -> Iterator[Answer]:
    """The answer to each row; of a batch that fails, halves are asked, so that each refusal is its own row's."""
    if not rows:
        return
    try:
        found = method(rows)
    except Exception as error:
        if len(rows) == 1:
            yield Refusal("refused" if isinstance(error, ValueError) or hasattr(error, "failure") else "failed")
            return
        half = len(rows) // 2
        yield from answered(method, rows[:half])
        yield from answered(method, rows[half:])
        return
    if len(found) != len(rows):
        raise RuntimeError(f"{len(found)} answers to {len(rows)} rows")
    yield from found
