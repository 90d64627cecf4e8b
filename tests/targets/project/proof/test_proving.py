"""What the proof catches: each way in which a conversion may go wrong, planted in a model of one threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import pytest
from deployc.targets.project.proof.asking import Form
from deployc.targets.project.proof.comparing import Refusal
from deployc.targets.project.proof.generating import generated
from deployc.targets.project.proof.proving import Subject, prove
from deployc.targets.project.proof.report import Proof
from deployc.targets.project.proof.rows import Row
from msgspec import Meta

from .forms import Stump, Taken, form, subject

KNOWN: Sequence[Row] = [{"a": 0.1, "b": 1}, {"a": 0.9, "b": 2}, {"a": 0.4, "b": None}]
ORIGINAL = Stump(0.37)


def rows(about: Subject, old: Form, count: int = 400) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {"sample": [*KNOWN]}
    for kind, row in generated(about, old, old.model, KNOWN, count):
        found.setdefault(kind, []).append(row)
    return found


def proof(compiled: object, about: Subject | None = None, original: object = ORIGINAL) -> Proof:
    about, old = about or subject(), form(original)
    return prove(about, old, form(compiled), rows(about, old))


def test_the_same_model_is_equal_and_says_on_which_rows() -> None:
    found = proof(Stump(0.37))
    assert found.equal
    assert {"sample", "jumps", "mixed values", "spread values", "not finite", "missing values"} <= found.rows.keys()
    assert all(compared.refused for compared in found.methods)
    assert found.versions["msgspec"]


@pytest.mark.parametrize(
    "wrong",
    [
        Stump(math.nextafter(0.37, 1)),
        Stump(math.nextafter(0.37, 0)),
        Stump(0.37, labels=("yes", "no")),
        Stump(0.37, column=lambda row: row.b or 0),
        Stump(0.37, scale=1 + 1e-15),
        Stump(0.37, column=lambda row: row.a if math.isfinite(row.a) else 0.0),
        Stump(0.37, column=lambda row: row.a if row.b is not None else math.nan),
    ],
    ids=["one number up", "one number down", "swapped", "other column", "last bit", "takes infinities", "refuses more"],
)
def test_a_planted_mistake_is_caught_with_the_row_that_shows_it(wrong: Stump) -> None:
    found = proof(wrong)
    assert not found.equal
    assert found.first
    assert found.first.found != found.first.wanted


def test_a_difference_within_the_tolerance_is_allowed_and_told() -> None:
    found = proof(Stump(0.37, scale=1 + 1e-12), subject(rel=1e-9))
    assert found.equal
    assert 0 < max(compared.largest or 0 for compared in found.methods) < 1e-11
    assert any(compared.worst for compared in found.methods)


def test_at_a_threshold_the_tolerance_does_not_hold() -> None:
    assert not proof(Stump(0.37, scale=1 - 1e-12), subject(rel=1e-9, thresholds=(0.75,))).equal


def test_labels_may_differ_where_the_originals_scores_tie_and_are_counted() -> None:
    original, compiled = Stump(0.37, scale=2 / 3), Stump(0.37, scale=2 / 3 + 1e-12)
    found = proof(compiled, subject(rel=1e-9), original)
    assert found.equal
    assert {compared.method: compared.ties > 0 for compared in found.methods} == {
        "predict": True,
        "predict_proba": False,
    }


def test_a_model_that_refuses_everything_proves_nothing() -> None:
    assert not proof(Stump(0.37, column=lambda row: math.nan), original=Stump(0.37, column=lambda row: math.nan)).equal


def test_the_same_seed_asks_the_same_rows_and_another_seed_others() -> None:
    about, old = subject(), form(ORIGINAL)
    first, again = rows(about, old), rows(about, old)
    assert repr(first) == repr(again)


def test_a_mistake_that_shows_only_alone_or_only_in_a_batch_is_caught() -> None:
    class Alone(Stump):
        def predict(self, rows: Sequence[Taken]) -> list[str]:
            return super().predict(rows) if len(rows) > 1 else ["yes"]

    class Batch(Stump):
        def predict(self, rows: Sequence[Taken]) -> list[str]:
            return super().predict(rows) if len(rows) < 50 else ["yes"] * len(rows)

    assert not proof(Alone(0.37)).equal
    assert not proof(Batch(0.37)).equal


class Narrow(Taken):
    """The same columns, of which the first takes no more than one."""

    a: Annotated[float, Meta(le=1)]


def test_a_row_that_the_types_of_a_form_refuse_is_one_that_it_refuses() -> None:
    narrow = Form(model=ORIGINAL, rows=list[Narrow])
    assert narrow.answers("predict", [{"a": 0.9}, {"a": 2}, {"a": 0.1}]) == ["yes", Refusal("refused"), "no"]
    about = subject()
    assert not prove(about, form(ORIGINAL), narrow, {"given": [{"a": 0.9}, {"a": 2}]}).equal
