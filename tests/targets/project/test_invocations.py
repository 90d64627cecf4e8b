"""MLflow's protocol: each form of its tables is the same rows, and what does not fit is refused, not bent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from math import inf, isnan, nan
from pathlib import Path

import pytest
from deployc.targets.project.template import invocations
from deployc.targets.project.template.model import Model
from deployc.targets.project.template.predictor import Predictor
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.schema import Row
from deployc.targets.project.template.service import Service
from deployc.targets.project.template.settings import Settings
from deployc.targets.project.template.tabular import by_position, rows
from deployc.targets.project.template.web import Answer, rejected
from deployc.targets.project.template.web import Request as Asked
from hypothesis import given
from hypothesis import strategies as st

JSON = "application/json"
ROWS = [Row(number=1.0, some_text="a", count=None), Row(number=-2.0, some_text=None, count=3)]


class Stamp(datetime):
    """A time as libraries of tables have it: of a type of their own."""


@cache
def started() -> Service:
    """The stub model, which says "yes" to a number above 0."""
    service = Service(Settings(), lambda: Predictor(Model(Path("stub"))))
    service.start()
    return service


def ask(body: object, kind: str = JSON) -> tuple[int, object]:
    """The answer's status and its body."""
    service = started()
    header = {"content-type": kind}.get
    sent = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    try:
        service.admit("/invocations", header)
        answer = service.answer_now(Asked("/invocations", "", header, sent))
    except Rejected as error:
        answer = rejected(error)
    return answer.status, json.loads(answer.body)


def read_json(body: bytes) -> Sequence[Row]:
    """The rows that a body in JSON asks about."""
    return invocations.call(Asked("/invocations", "", {"content-type": JSON}.get, body)).rows


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"dataframe_records": [{"number": 1, "some text": "a"}, {"number": -2.0, "count": 3}]}, JSON),
        (
            {"dataframe_split": {"columns": ["count", "some text", "number"], "data": [[None, "a", 1], [3, None, -2]]}},
            JSON,
        ),
        ({"dataframe_split": {"columns": ["number"], "index": [7, 8], "data": [[1], [-2]]}, "params": {"a": 1}}, JSON),
        ({"instances": [{"number": 1, "more": [1]}, {"number": -2}]}, JSON),
        ({"inputs": [{"number": 1}, {"number": -2}], "else": 1}, JSON),
        ({"inputs": {"number": [1, -2], "count": [1, 2.0]}}, JSON),
        ("number,some text,count\n1,a,\n-2,,3.0\n", "text/csv"),
        (',number,when\r\n0, 1 ,2026-01-01\r\n1,"-2",2026-01-01 10:00:00\r\n', "text/csv; charset=utf-8"),
    ],
)
def test_each_form_of_a_table_is_answered(body: object, kind: str) -> None:
    assert ask(body, kind) == (200, {"predictions": ["yes", "no"]})


def test_the_forms_say_the_same_rows() -> None:
    split = {"columns": ["count", "some text", "number", "index"], "data": [[None, "a", 1, 0], [3, nan, -2, 1]]}
    records = [{"number": 1, "some text": "a"}, {"number": -2, "count": 3.0}]
    csv = b"number,some text,count\n1,a,NA\n-2,,3\n"
    for found in (
        read_json(json.dumps({"dataframe_split": split}).encode()),
        read_json(json.dumps({"dataframe_records": records}).encode()),
        invocations.read_csv(csv),
    ):
        assert [*map(str, found)] == [str(row).replace("Row", "Record") for row in ROWS]


def test_no_rows_have_no_answers() -> None:
    assert ask({"dataframe_records": []}) == (200, {"predictions": []})
    assert ask("number\n", "text/csv") == (200, {"predictions": []})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"number": 1, "big": 5.7}, "Expected `int | null`, got `float` - at `[0].big`"),
        ({"number": 1, "big": "5"}, "Expected `int | null`, got `str` - at `[0].big`"),
        ({"number": 1, "big": True}, "Expected `int | null`, got `bool` - at `[0].big`"),
        ({"number": 1, "count": 2**31}, "Expected `int` <= 2147483647 - at `[0].count`"),
        ({"number": "1"}, "Expected `float`, got `str` - at `[0].number`"),
        ({"number": False}, "Expected `float`, got `bool` - at `[0].number`"),
        ({"number": 1, "some text": 3}, "Expected `str | null`, got `int` - at `[0].some text`"),
        ({"number": 1, "when": "soon"}, "Invalid RFC3339 encoded datetime - at `[0].when`"),
        ({"number": 1, "when": 5}, "Expected `datetime | null`, got `int` - at `[0].when`"),
        ({"number": 1, "small": 1e39}, "Expected `float` <= 3.4028234663852886e+38 - at `[0].small`"),
        ({"count": 1}, "Object missing required field `number` - at `[0].number`"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(row: object, message: str) -> None:
    assert ask({"dataframe_records": [row]}) == (400, {"error_code": "BAD_REQUEST", "message": message})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{", JSON),
        ("[]", JSON),
        ("3", JSON),
        ("{}", JSON),
        ({"number": 1}, JSON),
        ({"columns": ["number"], "data": [[1]]}, JSON),
        ({"dataframe_records": [], "instances": []}, JSON),
        ({"dataframe_records": {"number": [1]}}, JSON),
        ({"dataframe_records": [[1]]}, JSON),
        ({"dataframe_split": [[1]]}, JSON),
        ({"dataframe_split": {"columns": ["number"], "rows": [[1]]}}, JSON),
        ({"dataframe_split": {"columns": ["number"], "data": [[1, 2]]}}, JSON),
        ({"dataframe_split": {"columns": ["number", "number"], "data": [[1, 2]]}}, JSON),
        ({"dataframe_split": {"data": [[1, "a", 1, 1, 1, None]]}}, JSON),
        ({"instances": [[1, "a", 1, 1, 1, None]]}, JSON),
        ({"instances": 3}, JSON),
        ({"inputs": {"number": [1, 2], "count": [1]}}, JSON),
        ({"inputs": {"number": 1}}, JSON),
        ({"inputs": None}, JSON),
        ({"inputs": {}}, JSON),
        ({"dataframe_split": {"columns": ["count"], "data": []}}, JSON),
        ("count\n", "text/csv"),
        ({"instances": [{"number": 1}], "params": 3}, JSON),
        (b"\xff", JSON),
        ("[" * 100_000, JSON),
        ("", "text/csv"),
        ("number\n1,2\n", "text/csv"),
        ("number,number\n1,2\n", "text/csv"),
        ("number\nsoon\n", "text/csv"),
        ('number\n"1\n', "text/csv"),
        ("number,big\n1,5.7\n", "text/csv"),
        ("number,when\n1,5\n", "text/csv"),
        ("number,when\n1,1700000000000\n", "text/csv"),
        (b"number\n\xff\n", "text/csv"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_table_is_a_bad_request(body: object, kind: str) -> None:
    status, answer = ask(body, kind)
    assert status == 400
    assert isinstance(answer, dict)
    assert answer["error_code"] == "BAD_REQUEST"
    assert len(answer) == 2
    assert answer["message"]


def test_another_media_type_is_refused_in_the_same_form() -> None:
    status, answer = ask("{}", "application/vnd.apache.parquet")
    assert status == 415
    assert isinstance(answer, dict)
    assert set(answer) == {"error_code", "message"}


@pytest.mark.parametrize("text", ["NaN", "null"])
def test_a_number_that_is_missing_is_not_a_number(text: str) -> None:
    body = f'{{"dataframe_records": [{{"number": {text}, "count": {text}, "small": {text}}}]}}'
    (row,) = read_json(body.encode())
    assert isnan(row.number)
    assert (row.count, row.small) == (None, None)


def test_infinity_is_a_number() -> None:
    (row,) = read_json(b'{"inputs": {"number": [-Infinity]}}')
    assert row.number == -inf
    (row,) = invocations.read_csv(b"number\ninf\n")
    assert row.number == inf


def test_a_number_of_the_models_that_json_cannot_say_is_null() -> None:
    from deployc.targets.project.template.variants import prediction_number

    assert invocations.answered([prediction_number(nan), prediction_number(inf), prediction_number(1.5)]) == Answer(
        b'{"predictions":[null,null,1.5]}'
    )


def test_texts_that_stand_for_nothing_elsewhere_are_texts() -> None:
    found = invocations.read_csv(b"number,some text\n1,NA\n1, None\n1,\n")
    assert [row.some_text for row in found] == ["NA", " None", None]


def test_only_an_array_has_columns_without_names() -> None:
    with pytest.raises(Rejected, match="named: number, some text"):
        by_position([[1.0, "a", 1, 1, 1, None]])


table = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["dataframe_split", "dataframe_records", "inputs", "instances", "columns", "data", "number"]
            ),
            inner,
        )
    ),
)


@given(table | st.dictionaries(st.sampled_from(["dataframe_split", "inputs", "instances"]), table, min_size=1))
def test_any_json_is_answered_or_refused(body: object) -> None:
    assert ask(body)[0] in (200, 400)


@given(st.text(alphabet='number,some text\n\r"1.5-e\0\x1f') | st.binary())
def test_any_csv_is_answered_or_refused(body: str | bytes) -> None:
    assert ask(body, "text/csv")[0] in (200, 400)


@pytest.mark.parametrize(
    "moment", [Stamp(2021, 9, 29), datetime(2021, 9, 29), date(2021, 9, 29), "2021-09-29", "2021-09-29T00:00:00"]
)
def test_a_time_may_be_of_the_type_that_a_library_of_tables_has_for_it(moment: object) -> None:
    (row,) = rows([{"number": 1.0, "when": moment}])
    assert row.when == datetime(2021, 9, 29)
