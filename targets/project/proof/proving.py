"""The comparison as a whole: two forms of a model are asked for the same rows, many at once and one by one."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from .asking import Form
from .comparing import Answer, Limits, Outcome, Value, compared, labelled, tied
from .report import Proof
from .rows import Column, Row
from .tallying import Case, Tally

ALONE = 50
"""How many rows are asked one by one as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be proved, of which model."""

    optimizer: str
    columns: Sequence[Column]
    methods: Sequence[str]
    scores: Sequence[str]
    """Methods of the original that tell how near its labels are to each other; the first one is asked."""
    classes: Sequence[Value]
    limits: Limits
    seed: str
    distributions: Sequence[str]
    """Libraries whose versions matter."""
    processor: str


def prove(subject: Subject, old: Form, new: Form, rows: Mapping[str, Sequence[Row]]) -> Proof:
    """The comparison for rows by kind, all of which the service would hand to the model."""
    tallies = {method: Tally(method) for method in subject.methods}
    asked = {kind: found for kind, found in rows.items() if found}
    every = [(kind, row) for kind, found in asked.items() for row in found]
    single = [(kind, [row], True) for kind, row in every[:: max(1, len(every) // ALONE)]]
    for kind, found, alone in [*((kind, found, False) for kind, found in asked.items()), *single]:
        for method, outcome, case in _cases(subject, old, new, kind, found, alone):
            tallies[method].add(outcome, case)
    return Proof(
        optimizer=subject.optimizer,
        abs=subject.limits.abs,
        rel=subject.limits.rel,
        thresholds=subject.limits.thresholds,
        seed=subject.seed,
        rows={kind: len(found) for kind, found in asked.items()},
        methods=tuple(tally.compared() for tally in tallies.values()),
        versions={"python": platform.python_version(), **_versions(subject.distributions)},
        platform=f"{platform.system().lower()}-{platform.machine().lower()}",
        processor=subject.processor,
    )


def _cases(
    subject: Subject, old: Form, new: Form, kind: str, rows: Sequence[Row], alone: bool
) -> list[tuple[str, Outcome, Case]]:
    """Every method's answers to rows that are asked in one batch."""
    asked = dict.fromkeys([*subject.methods, *subject.scores[:1]])
    wanted = {method: old.answers(method, rows) for method in asked}
    scores = wanted[subject.scores[0]] if subject.scores else [None] * len(rows)
    return [
        (method, outcome(subject, method, a, b, score), Case(kind=kind, alone=alone, row=row, found=a, wanted=b))
        for method in subject.methods
        for row, a, b, score in zip(rows, new.answers(method, rows), wanted[method], scores, strict=True)
    ]


def outcome(subject: Subject, method: str, found: Answer, wanted: Answer, scores: Answer) -> Outcome:
    """How one answer compares; `scores` are the original's for the same row."""
    if method == "predict" and subject.classes:
        return labelled(found, wanted, tied(scores, subject.classes, subject.limits))
    return compared(found, wanted, subject.limits, cuts=method == "predict_proba")


def _versions(distributions: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found
