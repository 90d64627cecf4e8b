"""Whether two answers are the same: numbers within limits, labels exactly unless the model itself cannot decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Value = str | int | float | bool | None | list["Value"]
"""What a model answers to one row."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """No answer: the model does not take the row (the client is told so), or fails with it."""

    kind: Literal["refused", "failed"]


Answer = Value | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a number may be from the model's: |a - b| <= abs + rel * |b|, but on the same side of each threshold."""

    abs: float = 0.0
    rel: float = 0.0
    thresholds: tuple[float, ...] = ()

    def close(self, found: float, wanted: float) -> bool:
        if math.isnan(found) or math.isnan(wanted):
            return math.isnan(found) and math.isnan(wanted)
        return found == wanted or abs(found - wanted) <= self.abs + self.rel * abs(wanted)

    def same_side(self, found: float, wanted: float) -> bool:
        return all((found > t) == (wanted > t) and (found < t) == (wanted < t) for t in self.thresholds)


Verdict = Literal["equal", "tie", "different"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one answer, and how far apart its numbers are; labels and shapes are equal or infinitely far."""

    verdict: Verdict
    distance: float = 0.0


EQUAL, DIFFERENT = Outcome("equal"), Outcome("different", math.inf)


def compared(found: Answer, wanted: Answer, limits: Limits, *, cuts: bool = False) -> Outcome:
    """The outcome for answers of numbers, or of labels with nothing known of their scores.

    `cuts` says that the limits' thresholds hold for these numbers.
    """
    if isinstance(found, Refusal) or isinstance(wanted, Refusal):
        return EQUAL if refused_alike(found, wanted) else DIFFERENT
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        parts = [compared(a, b, limits, cuts=cuts) for a, b in zip(found, wanted, strict=True)]
        distance = max((part.distance for part in parts), default=0.0)
        return Outcome("equal" if all(part.verdict == "equal" for part in parts) else "different", distance)
    if isinstance(found, float) and isinstance(wanted, float):
        allowed = limits.close(found, wanted) and (not cuts or limits.same_side(found, wanted))
        return Outcome("equal" if allowed else "different", apart(found, wanted))
    return EQUAL if found == wanted and type(found) is type(wanted) else DIFFERENT


def labelled(found: Answer, wanted: Answer, tied: Sequence[Value]) -> Outcome:
    """The outcome for a classifier's label; `tied` are the labels that the original itself cannot tell apart here."""
    if isinstance(found, Refusal) or isinstance(wanted, Refusal):
        return EQUAL if refused_alike(found, wanted) else DIFFERENT
    if found == wanted and type(found) is type(wanted):
        return EQUAL
    alike = any(found == label and type(found) is type(label) for label in tied)
    return Outcome("tie") if alike and len(tied) > 1 else DIFFERENT


def tied(scores: Answer, labels: Sequence[Value], limits: Limits) -> Sequence[Value]:
    """The labels whose scores are as good as the best one, within the limits; one number is the second of two labels'
    distance from where it would be the first.
    """
    if isinstance(scores, float) and len(labels) == 2:
        return labels if abs(scores) <= limits.abs else ()
    if not isinstance(scores, list) or len(scores) != len(labels):
        return ()
    numbers = [score for score in scores if isinstance(score, float)]
    if len(numbers) != len(labels) or any(map(math.isnan, numbers)):
        return ()
    best = max(numbers)
    return [label for label, score in zip(labels, numbers, strict=True) if limits.close(score, best)]


def refused_alike(found: Answer, wanted: Answer) -> bool:
    """Both give no answer, and the client is not told of a failure where the original would refuse his values."""
    both = isinstance(found, Refusal) and isinstance(wanted, Refusal)
    return both and (found == wanted or wanted == Refusal("failed"))


def apart(found: float, wanted: float) -> float:
    """The distance of two numbers; 0 where they are equal, infinite ones too, or both are none."""
    if found == wanted or (math.isnan(found) and math.isnan(wanted)):
        return 0.0
    distance = abs(found - wanted)
    return math.inf if math.isnan(distance) else distance
