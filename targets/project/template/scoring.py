"""Rows of a file, many at once: their answers, and the rows that have none with the reason why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any  # what a reader and the user's own types make

import msgspec

from .predictor import Predictor, ask
from .problems import Rejected
from .reading import Reader, Record
from .schema import Decision, Prediction, Probabilities, Row, Transformed
from .tabular import COLUMNS

ANSWERS: dict[str, type] = {
    "predict": Prediction,
    "predict_proba": Probabilities,
    "decision_function": Decision,
    "transform": Transformed,
}
"""What each method answers, the first one if none is named."""

Ask = Callable[[str, Sequence[Row]], Sequence[object]]
"""A method's answers to rows, one for each; ValueError or Rejected when the model does not accept the rows."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row and its place among the file's, which are counted from 1."""

    number: int
    record: Record


class Bad(msgspec.Struct):
    """A row that has no answer: a line of the file of errors."""

    row: int
    field: str
    """The column; empty where it is the whole row."""
    reason: str


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of some rows, in their order."""

    answers: list[dict[str, Any]]
    """With the row's number and what is kept of it."""
    bad: list[Bad]


@contextmanager
def asking() -> Iterator[Ask]:
    """Asks the model that is shipped in this package."""
    yield partial(ask, Predictor.load())


class Scorer:
    """Asks `methods` for what a reader reads, and copies the columns `kept` to the answers."""

    def __init__(self, ask: Ask, reader: Reader, methods: Sequence[str], kept: Sequence[str]) -> None:
        self._ask = ask
        self._reader = reader
        self._methods = methods
        self._kept = kept
        self._set_aside = frozenset(kept) - {*COLUMNS}

    def score(self, rows: Sequence[Numbered]) -> Scored:
        """The answers; a row that is not what the model takes fails by itself."""
        bad = [Bad(each.number, "", each.record.problem) for each in rows if each.record.problem]
        typed = self._typed([each for each in rows if not each.record.problem], bad)
        answers = [*self._answered(typed, bad)]
        return Scored(answers, sorted(bad, key=lambda each: each.row))

    def _typed(self, rows: Sequence[Numbered], bad: list[Bad]) -> list[tuple[Numbered, Row]]:
        if not rows:
            return []
        values = [self._of_the_model(each.record.values) for each in rows]
        try:
            return [*zip(rows, self._reader.rows(values), strict=True)]
        except Rejected as error:
            if len(rows) == 1:
                bad.append(_bad(rows[0].number, error))
                return []
        half = len(rows) // 2
        return self._typed(rows[:half], bad) + self._typed(rows[half:], bad)

    def _answered(self, rows: Sequence[tuple[Numbered, Row]], bad: list[Bad]) -> Iterator[dict[str, Any]]:
        if not rows:
            return
        try:
            found = [self._ask(method, [row for _, row in rows]) for method in self._methods]
        except (Rejected, ValueError) as error:
            if len(rows) == 1:
                bad.append(_bad(rows[0][0].number, error))
                return
            half = len(rows) // 2
            yield from self._answered(rows[:half], bad)
            yield from self._answered(rows[half:], bad)
            return
        for (numbered, _), *answers in zip(rows, *found, strict=True):
            yield self._line(numbered, answers)

    def _line(self, numbered: Numbered, answers: Sequence[object]) -> dict[str, Any]:
        line: dict[str, Any] = {"row": numbered.number}
        line.update((name, numbered.record.values.get(name)) for name in self._kept)
        for answer in answers:
            line.update(msgspec.to_builtins(answer))
        return line

    def _of_the_model(self, values: dict[str, Any]) -> Mapping[str, object]:
        if not self._set_aside:
            return values
        return {name: value for name, value in values.items() if name not in self._set_aside}


def _bad(number: int, error: Rejected | ValueError) -> Bad:
    if isinstance(error, Rejected):
        return Bad(number, error.field.removeprefix("[0]").removeprefix("."), error.message)
    # What a library says of a value may hold the value.
    return Bad(number, "", "the model does not accept these values")
