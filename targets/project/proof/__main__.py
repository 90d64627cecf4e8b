"""Converts a model and compares what came of it with the original: `python -m PACKAGE.proof REQUEST ANSWER`.

REQUEST is a JSON file (see `Request`), and so is ANSWER: {"why": ""} and the fields of `Proof`, or "why" there is none.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from .asking import Form
from .comparing import Limits
from .generating import generated
from .proving import Subject, prove
from .rows import Column, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to compare and how: two files of the model, of which the second is written where an optimiser is named."""

    optimizer: str
    """What converts the model; empty where that is done already."""
    original: str
    original_package: str
    compiled: str
    compiled_package: str
    columns: Sequence[Column]
    methods: Sequence[str]
    scores: Sequence[str]
    """Methods of the original that tell how near its labels are to each other."""
    classes: Sequence[str | int | float | bool]
    rows: dict[str, list[Row]]
    abs: float
    rel: float
    thresholds: Sequence[float]
    count: int
    """How many rows are generated."""
    seed: str
    distributions: Sequence[str]
    processor: str


def main(path: str, answer: str) -> None:
    request = Request(**json.loads(Path(path).read_text(encoding="utf-8")))
    Path(answer).write_text(json.dumps(answered(request)), encoding="utf-8")


def answered(request: Request) -> dict[str, object]:
    """A proof, or why there is none."""
    original = Path(request.original)
    model = import_module(f"{request.original_package}.model").load(original)
    if request.optimizer and (why := converted(request, model)):
        return {"why": why}
    subject = subject_of(request)
    old = Form.load(request.original_package, original)
    new = Form.load(request.compiled_package, Path(request.compiled))
    rows = {kind: [row for row in found if old.takes(row)] for kind, found in request.rows.items()}
    known = [row for found in rows.values() for row in found]
    for kind, row in generated(subject, old, model, known, request.count) if request.count else ():
        rows.setdefault(kind, []).append(row)
    return {"why": "", **asdict(prove(subject, old, new, rows))}


def converted(request: Request, model: object) -> str:
    """Write the compiled model; why it cannot be, or an empty text."""
    optimizer = import_module(f"..optimizers.{request.optimizer}", __package__)
    try:
        made: bytes = optimizer.convert(model, [(*column,) for column in request.columns], request.methods)
    except Exception as error:
        if not isinstance(error, ValueError):
            traceback.print_exc()
        return str(error) or type(error).__name__
    Path(request.compiled).write_bytes(made)
    return ""


def subject_of(request: Request) -> Subject:
    return Subject(
        optimizer=request.optimizer,
        columns=[(name, kind, optional) for name, kind, optional in request.columns],
        methods=request.methods,
        scores=request.scores,
        classes=request.classes,
        limits=Limits(abs=request.abs, rel=request.rel, thresholds=tuple(request.thresholds)),
        seed=request.seed,
        distributions=request.distributions,
        processor=request.processor,
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
