"""A logged request, read and compared: what cannot be asked again is told, and what differs is seen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from deployc.compiler.model_spec import Column, ModelSpec, Param
from deployc.schema.config import Tolerance
from deployc.schema.diagnostics import UserError
from deployc.targets.project.template import payloads
from deployc.targets.replaying import SCHEMA, Logged, address, check, compared, read_line, said

LINE: dict[str, object] = {
    "schema": SCHEMA,
    "time": "2026-01-01T00:00:00Z",
    "request_id": "r1",
    "name": "churn",
    "model": "m",
    "method": "predict_proba",
    "rows": [{"x": 1.0}],
    "redacted": [],
    "answers": [{"probabilities": {"no": 0.25, "yes": 0.75}}],
    "status": 200,
    "milliseconds": 1.5,
    "dropped": 0,
}
LOGGED = read_line(json.dumps(LINE))
SPEC = ModelSpec(
    flavor="sklearn",
    class_name="tests.Echo",
    methods=("predict_proba",),
    inputs=(Column(name="x", type="double"),),
    file="model.joblib",
    serializer="joblib",
)


def test_a_line_of_the_log_is_read() -> None:
    assert (
        Logged(
            request_id="r1",
            time="2026-01-01T00:00:00Z",
            name="churn",
            model="m",
            method="predict_proba",
            rows=({"x": 1.0},),
            answers=({"probabilities": {"no": 0.25, "yes": 0.75}},),
            status=200,
        )
        == LOGGED
    )
    assert said(json.dumps(LINE), "request_id") == "r1"
    assert said("no JSON", "request_id") == ""


def test_a_line_that_says_no_name_is_read() -> None:
    assert read_line(json.dumps({key: value for key, value in LINE.items() if key != "name"})).name == ""


def test_it_reads_what_the_service_writes() -> None:
    assert payloads.SCHEMA == SCHEMA
    assert set(payloads.Payload.__struct_fields__) == set(LINE)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "replay-unreadable"),
        ("[]", "replay-unreadable"),
        ('{"level": "info"}', "replay-unreadable"),
        (json.dumps({**LINE, "schema": "payload/2"}), "replay-unreadable"),
        (json.dumps({**LINE, "rows": 3}), "replay-unreadable"),
        (json.dumps({**LINE, "status": "ok"}), "replay-unreadable"),
        (json.dumps({**LINE, "answers": [1, 2]}), "replay-unreadable"),
        (json.dumps({**LINE, "redacted": ["y"]}), "replay-redacted"),
    ],
)
def test_a_line_that_cannot_be_asked_again_is_told(line: str, code: str) -> None:
    with pytest.raises(UserError) as raised:
        read_line(line)
    assert [d.code for d in raised.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("row", "methods", "why"),
    [
        ({"x": 1.0}, ("predict",), "asks for predict_proba, which is not served"),
        ({"x": 1.0, "y": 2.0}, SPEC.methods, "has columns that the model does not take: y"),
        ({"x": {"b64": "iVBORw0="}}, SPEC.methods, "holds an image, and the model takes none"),
    ],
)
def test_what_the_trained_model_cannot_be_asked_is_told(
    row: dict[str, object], methods: tuple[str, ...], why: str
) -> None:
    check(LOGGED, SPEC, SPEC.methods)
    with pytest.raises(UserError, match=why) as raised:
        check(replace(LOGGED, rows=(row,)), SPEC, methods)
    assert [d.code for d in raised.value.diagnostics] == ["replay-mismatch"]


@pytest.mark.parametrize(
    ("trained", "built", "tolerance", "difference", "equal"),
    [
        ([[0.25, 0.75]], [[0.25, 0.75]], Tolerance(), 0.0, True),
        ([[0.25, 0.75]], [[0.25, 0.5]], Tolerance(), 0.25, False),
        ([[0.25, 0.75]], [[0.25, 0.5]], Tolerance(abs=0.25), 0.25, True),
        (["yes"], ["no"], Tolerance(abs=9), None, False),
        ("ValueError: unknown", "422 refused-by-model", Tolerance(), None, True),
        ([[0.25, 0.75]], "500 internal-error", Tolerance(), None, False),
        ("ValueError: unknown", [[0.25, 0.75]], Tolerance(), None, False),
    ],
)
def test_what_differs_is_seen(
    trained: object, built: object, tolerance: Tolerance, difference: float | None, equal: bool
) -> None:
    (row,) = compared(LOGGED, trained, built, tolerance)  # type: ignore[arg-type]  # parametrize has no types
    assert (row.difference, row.equal) == (difference, equal)
    assert row.logged == "[0.25, 0.75]"


def test_a_request_with_parameters_is_asked_of_a_model_that_is_told_of_them() -> None:
    asked = replace(LOGGED, method='predict {"output_margin":true,"iteration_range":[0,2]}')
    told = replace(
        SPEC,
        flavor="xgboost",
        class_name="xgboost.core.Booster",
        methods=("predict",),
        params=(Param(name="output_margin", type="boolean", default=(False,)),),
    )
    check(asked, told, ("predict",))
    assert address(asked.method) == "predict?output_margin=true&iteration_range=0&iteration_range=2"
    with pytest.raises(UserError):
        check(asked, replace(told, params=()), ("predict",))
