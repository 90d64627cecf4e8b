"""The rows that a proof adds to those that it is given, the same ones for the same model."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any  # a model's library has no types: what it holds is looked at, not known

from ..learnt import by_column, categories, words
from .asking import Form
from .comparing import Answer
from .edges import jumps, on_thresholds
from .proving import Subject
from .rows import Row, mixed, odd, pools, spread, worded

CELLS = 1_000_000
"""Most values that are generated: of a model with very many columns fewer rows are made than were asked for."""


def generated(subject: Subject, old: Form, model: Any, known: Sequence[Row], count: int) -> Iterator[tuple[str, Row]]:
    """Up to `count` rows with their kinds, all of which the service would hand to the model."""
    random = Random(subject.seed)
    count = max(100, min(count, CELLS // len(subject.columns)))
    names = [name for name, *_ in subject.columns]
    pool = pools(subject.columns, known, by_column(categories(model, names)))
    base = [*known] or [*spread(pool, random, 10)]
    strange = [*odd(subject.columns, random.choice(base))]
    random.shuffle(strange)
    found = strange[: count // 5]
    found += [
        ("thresholds", row) for row in islice(on_thresholds(model, subject.columns, base, random), 3 * count // 10)
    ]
    for ask in (_decisions(subject, old), _exactly(subject, old)):
        found += [("jumps", row) for row in jumps(ask, pool, base, random, count // 100)]
    texts = by_column(words(model, names))
    found += [("words", row) for row in worded(texts, base, random, count // 4)]
    rest = count - len(found)
    found += [("mixed values", row) for row in mixed(pool, random, rest // 2)]
    found += [("spread values", row) for row in spread(pool, random, rest - rest // 2)]
    yield from ((kind, row) for kind, row in found if old.takes(row))


Ask = Callable[[Sequence[Row]], Sequence[Hashable]]


def _decisions(subject: Subject, old: Form) -> Ask:
    """The label, and on which side of each threshold the numbers are."""
    cuts = ["predict_proba"] if subject.limits.thresholds else []
    methods = [method for method in ("predict", *cuts) if method in subject.methods]

    def ask(rows: Sequence[Row]) -> Sequence[Hashable]:
        answers = [[_decision(subject, m, a) for a in old.answers(m, rows)] for m in methods]
        return [*zip(*answers, strict=True)] or [()] * len(rows)

    return ask


def _decision(subject: Subject, method: str, answer: Answer) -> Hashable:
    if method == "predict" and subject.classes:
        return repr(answer)
    if method != "predict_proba" or not isinstance(answer, list):
        return ""
    numbers = [value for value in answer if isinstance(value, float)]
    return tuple(value >= threshold for value in numbers for threshold in subject.limits.thresholds)


def _exactly(subject: Subject, old: Form) -> Ask:
    """What it answers to the last bit; its scores, from which all else follows, where it has some."""
    method = (*subject.scores, *subject.methods)[0]

    def ask(rows: Sequence[Row]) -> Sequence[Hashable]:
        return [*map(repr, old.answers(method, rows))]

    return ask
