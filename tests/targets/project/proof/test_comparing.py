"""When two answers are the same: numbers within limits, labels exactly, ties only where the original ties."""

from __future__ import annotations

import math

import pytest
from deployc.targets.project.proof.comparing import (
    EQUAL,
    Answer,
    Limits,
    Refusal,
    compared,
    labelled,
    refused_alike,
    tied,
)
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
ANSWERS = st.recursive(NUMBERS | st.text(max_size=3) | st.integers() | st.booleans(), lambda a: st.lists(a, max_size=3))
REFUSED, FAILED = Refusal("refused"), Refusal("failed")


@given(ANSWERS)
def test_an_answer_is_equal_to_itself_under_the_strictest_limits(answer: Answer) -> None:
    assert compared(answer, answer, Limits(thresholds=(0.5,)), cuts=True) == EQUAL


@given(st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(-20, 20))
def test_numbers_are_equal_within_the_limits_and_different_outside(wanted: float, allowed: float, off: float) -> None:
    found = wanted + off
    verdict = compared(found, wanted, Limits(abs=allowed)).verdict
    assert (verdict == "equal") == (abs(found - wanted) <= allowed)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_at_a_threshold_no_difference_is_allowed_however_wide_the_limits(a: float, b: float, cut: float) -> None:
    verdict = compared([a], [b], Limits(abs=10, thresholds=(cut,)), cuts=True).verdict
    assert (verdict == "equal") == ((a > cut) == (b > cut) and (a < cut) == (b < cut))


@pytest.mark.parametrize(
    ("found", "wanted"),
    [("yes", "no"), (1, 1.0), (1, True), ([1.0], [1.0, 2.0]), ([1.0], 1.0), (None, 0.0), (math.nan, 1.0)],
)
def test_other_labels_types_and_shapes_are_different(found: Answer, wanted: Answer) -> None:
    assert compared(found, wanted, Limits(abs=1e9)).verdict == "different"
    assert compared(wanted, found, Limits(abs=1e9)).verdict == "different"


def test_a_refusal_is_equal_only_to_a_refusal_that_the_client_is_told_alike() -> None:
    assert refused_alike(REFUSED, REFUSED)
    assert refused_alike(REFUSED, FAILED)
    assert not refused_alike(FAILED, REFUSED)
    for answer in (0.0, "no", [1.0]):
        assert compared(answer, REFUSED, Limits(abs=9)).verdict == "different"
        assert compared(REFUSED, answer, Limits(abs=9)).verdict == "different"
        assert labelled(answer, REFUSED, [answer]).verdict == "different"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.floats(0, 0.1))
def test_labels_tie_exactly_where_their_scores_are_within_the_limits_of_the_best(
    scores: list[float], allowed: float
) -> None:
    labels = [f"class {i}" for i in range(len(scores))]
    found = tied([*scores], labels, Limits(abs=allowed))
    assert {*found} == {label for label, s in zip(labels, scores, strict=True) if max(scores) - s <= allowed}


def test_a_label_may_differ_only_among_those_that_tie() -> None:
    limits, labels = Limits(abs=1e-9), ["a", "b", "c"]
    close = tied([0.4, 0.4 + 1e-12, 0.2], labels, limits)
    assert labelled("a", "b", close).verdict == "tie"
    assert labelled("c", "b", close).verdict == "different"
    assert labelled("a", "b", tied([0.4, 0.41, 0.19], labels, limits)).verdict == "different"
    assert labelled("a", "b", ()).verdict == "different"


@pytest.mark.parametrize("scores", [None, "a", [0.5], [0.5, math.nan], REFUSED, 0.5])
def test_without_scores_that_tell_nothing_ties(scores: Answer) -> None:
    assert not [*tied(scores, ["a", "b"], Limits(abs=1e-9))]


def test_one_score_of_two_labels_ties_around_nought() -> None:
    assert [*tied(1e-12, ["a", "b"], Limits(abs=1e-9))] == ["a", "b"]
