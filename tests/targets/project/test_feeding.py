"""Models that take what others answer: what is asked of them, and which answers fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from deployc.compiler.model_spec import Column, ColumnType, Limits, Output
from deployc.schema.composed import Feed
from deployc.schema.diagnostics import UserError
from deployc.targets.project.feeding import asked, example, ordered
from deployc.targets.project.part import Part

from .space import CLASSIFIER, CLASSIFIER_OUTPUTS, REGRESSOR, REGRESSOR_OUTPUTS, config

SCORES = Part(spec=CLASSIFIER, outputs=CLASSIFIER_OUTPUTS, config=config())
OTHERS = {"scores": SCORES}


def fed(*columns: Column, **feeds: Feed) -> Part:
    return Part(spec=replace(REGRESSOR, inputs=columns), outputs=REGRESSOR_OUTPUTS, config=config(), feeds=feeds)


def column(name: str, kind: ColumnType = "double", **more: object) -> Column:
    return Column(name=name, type=kind, **more)  # type: ignore[arg-type]  # the test's own keywords


def requests(part: Part, others: Mapping[str, Part] = OTHERS) -> tuple[Column, ...]:
    return asked(part, others, {name: other.spec.inputs for name, other in others.items()})


def told(part: Part, others: Mapping[str, Part] = OTHERS) -> str:
    with pytest.raises(UserError) as raised:
        requests(part, others)
    (found,) = raised.value.diagnostics
    assert (found.code, found.field) == ("bad-input", ("inputs", "risk", "from"))
    return f"{found.message}; {found.help}"


def test_a_request_has_the_columns_of_all_but_what_others_answer() -> None:
    part = fed(column("area"), column("risk"), risk=Feed("scores", "decision_function"))
    assert [c.name for c in requests(part)] == ["area", "age", "hours per week", "class", "since"]


def test_a_column_that_two_take_is_needed_where_one_needs_it() -> None:
    part = fed(column("age", optional=True), column("risk"), risk=Feed("scores", "decision_function"))
    assert [c.optional for c in requests(part) if c.name == "age"] == [False]
    optional = replace(SCORES, spec=replace(CLASSIFIER, inputs=(column("age", optional=True),)))
    assert [c.optional for c in requests(part, {"scores": optional})] == [True]


@pytest.mark.parametrize(
    ("kind", "feed"),
    [
        ("string", Feed("scores", "predict")),
        ("double", Feed("scores", "decision_function")),
        ("double", Feed("scores", "predict_proba", "yes, please")),
    ],
)
def test_answers_that_fit_are_taken(kind: ColumnType, feed: Feed) -> None:
    assert len(requests(fed(column("risk", kind), risk=feed))) == 4


def test_a_whole_number_is_taken_as_any_number_but_not_the_other_way_round() -> None:
    for answer, kind, fits in (("long", "double", True), ("double", "long", False), ("boolean", "double", False)):
        other = Part(spec=REGRESSOR, outputs=(Output(method="predict", type=answer),), config=config())  # type: ignore[arg-type]  # no Literal here
        part = fed(column("risk", kind), risk=Feed("other", "predict"))  # type: ignore[arg-type]  # no Literal here
        if fits:
            requests(part, {"other": other})
        else:
            assert "is of type" in told(part, {"other": other})


@pytest.mark.parametrize(
    ("kind", "feed", "said"),
    [
        ("string", Feed("scores", "transform"), "has no method `transform` that is served; it has: predict"),
        ("double", Feed("scores", "predict"), "answers predict with string, and `risk` is of type double"),
        ("double", Feed("scores", "predict_proba"), "such as `scores.predict_proba.yes, please`"),
        ("double", Feed("scores", "predict_proba", "maybe"), "a number for each class, and a column holds one"),
        ("string", Feed("scores", "predict", "no"), "no number for `no`; leave it out"),
    ],
)
def test_answers_that_do_not_fit_are_told(kind: ColumnType, feed: Feed, said: str) -> None:
    assert said in told(fed(column("risk", kind), risk=feed))


def test_a_method_that_deploy_yaml_leaves_out_is_not_asked() -> None:
    labels = replace(SCORES, config=config(methods=("predict",)))
    part = fed(column("risk"), risk=Feed("scores", "decision_function"))
    assert "has no method `decision_function` that is served" in told(part, {"scores": labels})


def test_several_numbers_do_not_fit_a_column() -> None:
    many = replace(SCORES, outputs=(Output(method="predict", type="double", shape=(3,)),))
    assert "with 3 values, and a column holds one" in told(
        fed(column("risk"), risk=Feed("scores", "predict")), {"scores": many}
    )


def test_a_column_that_is_of_another_type_for_the_other_model_is_told() -> None:
    part = fed(column("age", "string"), column("risk"), risk=Feed("scores", "decision_function"))
    assert "`scores` takes `age` as double, another model takes it as string" in told(part)


def test_tensors_are_told() -> None:
    part = fed(column("photo", shape=(2, 2)), column("risk"), risk=Feed("scores", "decision_function"))
    assert "models that take tensors" in told(part)


def test_models_come_after_those_that_they_take_answers_of() -> None:
    second = fed(column("risk"), risk=Feed("first", "predict"))
    assert ordered({"third": fed(risk=Feed("second", "predict")), "second": second, "first": SCORES}) == (
        "first",
        "second",
        "third",
    )


def test_a_row_keeps_within_what_either_model_says_of_a_column_that_both_take() -> None:
    feeds = {"risk": Feed("scores", "decision_function")}
    grown = Limits(minimum=18)
    for own, theirs in ((Limits(), grown), (grown, Limits())):
        part = fed(column("age", limits=own), column("risk"), **feeds)
        other = replace(SCORES, spec=replace(CLASSIFIER, inputs=(column("age", limits=theirs),)))
        assert [c.limits for c in requests(part, {"scores": other})] == [grown]
        shown = {"age": 1 if own == Limits() else 18, "risk": 1}, {"age": 18 if own == Limits() else 1}
        assert example(part, shown[0], [shown[1]]) == {"age": 18}


def test_the_row_that_is_shown_has_what_others_take() -> None:
    part = fed(column("area"), column("risk"), risk=Feed("scores", "predict"))
    assert example(part, {"area": 1, "risk": 2}, [{"age": 3}]) == {"area": 1, "age": 3}
    assert example(part, {"area": 1, "risk": 2}, [{}]) == {}, "what one keeps to itself, the other does not show"
