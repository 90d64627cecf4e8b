"""The Open Inference Protocol: tensors are rows, in JSON and in binary, and what does not fit names its tensor."""

from __future__ import annotations

import json
from functools import cache
from math import isnan
from pathlib import Path
from struct import pack, unpack

import pytest
from deployc.targets.project.template.model import Model
from deployc.targets.project.template.predictor import Predictor
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.service import Service
from deployc.targets.project.template.settings import Settings
from deployc.targets.project.template.tensors import packed
from deployc.targets.project.template.v2 import call
from deployc.targets.project.template.web import Answer, Request, rejected
from hypothesis import given
from hypothesis import strategies as st

INFER = "/v2/models/service/infer"
NUMBER = {"name": "number", "shape": [2], "datatype": "FP64", "data": [1, -2.5]}


@cache
def started() -> Service:
    """The stub model, which says "yes" to a number above 0."""
    service = Service(Settings(), lambda: Predictor(Model(Path("stub"))))
    service.start()
    return service


def post(body: bytes, path: str = INFER, **headers: str) -> Answer:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        started().admit(path, found.get)
        return started().answer_now(Request(path, "", found.get, body))
    except Rejected as error:
        return rejected(error)


def infer(*inputs: object, **more: object) -> dict[str, object]:
    """The answer to tensors in JSON."""
    answer = post(json.dumps({"inputs": inputs, **more}).encode())
    found = json.loads(answer.body)
    assert (answer.status == 200) == ("outputs" in found), found
    assert isinstance(found, dict)
    return found


def predicted(*labels: str) -> dict[str, object]:
    tensor = {"name": "predict", "shape": [len(labels)], "datatype": "BYTES", "data": [*labels]}
    return {"model_name": "service", "model_version": "1", "outputs": [tensor]}


def test_a_tensor_for_each_column_is_answered_with_a_tensor() -> None:
    assert infer(NUMBER) == predicted("yes", "no")
    text = {"name": "some text", "shape": [2, 1], "datatype": "BYTES", "data": ["a", None]}
    when = {"name": "when", "shape": [2], "datatype": "BYTES", "data": ["2026-01-01", "2026-01-01T10:00:00Z"]}
    count = {"name": "count", "shape": [2], "datatype": "INT8", "data": [1, None]}
    column = {**NUMBER, "shape": [2, 1], "data": [[1], [-1]], "parameters": {"content_type": "np"}}
    assert infer(text, count, column, when, parameters={"content_type": "pd"}) == predicted("yes", "no")


def test_no_rows_have_no_answers() -> None:
    assert infer({**NUMBER, "shape": [0], "data": []}) == predicted()


def test_the_id_of_a_request_is_said_again() -> None:
    assert infer(NUMBER, id="a b")["id"] == "a b"


def test_each_version_of_the_path_is_answered() -> None:
    body = json.dumps({"inputs": [NUMBER]}).encode()
    assert post(body).body == post(body, "/v2/models/service/versions/1/infer").body


def test_the_outputs_that_are_asked_for_are_answered_in_their_order() -> None:
    found = infer(NUMBER, outputs=[{"name": "predict_proba"}, {"name": "predict"}, {"name": "transform"}])
    assert found["outputs"] == [
        {"name": "predict_proba", "shape": [2, 2], "datatype": "FP64", "data": [0.25, 0.75, 0.25, 0.75]},
        {"name": "predict", "shape": [2], "datatype": "BYTES", "data": ["yes", "no"]},
        {"name": "transform", "shape": [2, 1], "datatype": "FP64", "data": [1.0, -2.5]},
    ]


def test_tensors_are_read_and_written_in_binary() -> None:
    texts = b"\x02\0\0\0\xc3\xa9\0\0\0\0"
    inputs = [
        {"name": "number", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}},
        {"name": "count", "shape": [2], "datatype": "INT64", "data": [1, 2]},
        {"name": "some text", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": 10}},
    ]
    wanted = [{"name": "decision_function"}, {"name": "predict", "parameters": {"binary_data": False}}]
    head = json.dumps({"inputs": inputs, "outputs": wanted, "parameters": {"binary_data_output": True}}).encode()
    body = head + pack("<2f", 1.5, -1.5) + texts
    answer = post(body, inference_header_content_length=str(len(head)), content_type="application/octet-stream")
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")
    (length,) = [int(value) for name, value in answer.headers if name == "Inference-Header-Content-Length"]
    number, label = json.loads(answer.body[:length])["outputs"]
    assert (number["parameters"], number["shape"]) == ({"binary_data_size": 16}, [2])
    assert unpack("<2d", answer.body[length:]) == (1.5, -1.5)
    assert label["data"] == ["yes", "no"]
    (row, _) = call(Request(INFER, "", {"inference-header-content-length": str(len(head))}.get, body)).rows
    assert (row.some_text, row.number) == ("é", 1.5)


def test_texts_and_numbers_that_are_missing_are_packed() -> None:
    assert packed(["é", ""], "BYTES") == b"\x02\0\0\0\xc3\xa9\0\0\0\0"
    assert isnan(*unpack("<d", packed([None], "FP64")))
    assert packed([True, False], "BOOL") == b"\x01\x00"


def test_a_number_that_is_missing_is_not_a_number() -> None:
    body = b'{"inputs": [{"name": "number", "shape": [2], "datatype": "FP64", "data": [null, NaN]}]}'
    assert all(isnan(row.number) for row in call(Request(INFER, "", {}.get, body)).rows)


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ({"shape": [3]}, "tensor `number`: it has 2 values, which is not what its shape [3] says"),
        ({"shape": []}, "tensor `number`: it has 2 values, which is not what its shape [] says"),
        ({"shape": [1, 2]}, "tensor `number`: its shape has to be [n] or [n, 1], not [1, 2]"),
        ({"shape": [2, 1], "data": [[1, 2]]}, "tensor `number`: its data is not of the shape [2, 1]"),
        ({"data": [[1], [2, 3]]}, "tensor `number`: Expected `float | null`, got `array` - at `data[0]`"),
        ({"data": [1, "2"]}, "tensor `number`: Expected `float | null`, got `str` - at `data[1]`"),
        ({"datatype": "INT8", "data": [1, 128]}, "tensor `number`: Expected `int` <= 127 - at `data[1]`"),
        ({"datatype": "INT64", "data": [1, 1.5]}, "tensor `number`: Expected `int | null`, got `float` - at `data[1]`"),
        ({"datatype": "BYTES", "data": ["1", "2"]}, "Expected `float`, got `str` - at `[0].number`"),
        ({"datatype": "BOOL", "data": [True, False]}, "Expected `float`, got `bool` - at `[0].number`"),
        (
            {"name": "nothing"},
            "tensor `nothing`: the model takes no such tensor",
        ),
        ({"name": "count"}, "the column `number` is missing"),
        ({"datatype": "BF16"}, "Invalid enum value 'BF16' - at `inputs[0].datatype`"),
        ({"shape": [-2]}, "Expected `int` >= 0 - at `inputs[0].shape[0]`"),
        ({"parameters": {"binary_data_size": 1}}, "tensor `number`: the body does not end with its binary_data_size"),
        ({"parameters": {"binary_data_size": 0}}, "tensor `number`: it has its data twice"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(tensor: dict[str, object], message: str) -> None:
    error = str(infer({**NUMBER, **tensor})["error"])
    assert error.partition(";")[0] == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"inputs": 3}',
        b'{"inputs": []}x',
        b'{"inputs": [{"name": "number", "shape": [1], "datatype": "FP64"}]}',
        b'{"inputs": [{"name": "number", "shape": [99999999999999999999], "datatype": "FP64", "data": [1]}]}',
        json.dumps({"inputs": [NUMBER, NUMBER]}).encode(),
        json.dumps({"inputs": [NUMBER], "outputs": [{"name": "fly"}]}).encode(),
        json.dumps({"inputs": [NUMBER], "outputs": [{"name": "predict"}, {"name": "predict"}]}).encode(),
        json.dumps({"inputs": [NUMBER, {**NUMBER, "name": "small", "shape": [1], "data": [1]}]}).encode(),
    ],
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    answer = post(body)
    assert answer.status == 400
    assert [*json.loads(answer.body)] == ["error"]


@pytest.mark.parametrize(
    ("size", "length", "tail"),
    [(8, 0, b""), (8, 0, b"12345678x"), (9, 0, b"123456789"), (-1, 0, b""), (1.5, 0, b"1"), (8, 10**9, b"12345678")],
)
def test_binary_that_is_not_of_the_size_it_says_is_refused(size: float, length: int, tail: bytes) -> None:
    tensor = {"name": "number", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor]}).encode()
    assert post(head + tail, inference_header_content_length=str(length or len(head))).status == 400


@pytest.mark.parametrize("data", [b"\1", b"\2\0\0\0a", b"\1\0\0\0\xff"])
def test_texts_in_binary_that_are_none_are_refused(data: bytes) -> None:
    parameters = {"binary_data_size": len(data)}
    tensor = {"name": "some text", "shape": [1], "datatype": "BYTES", "parameters": parameters}
    head = json.dumps({"inputs": [{**NUMBER, "shape": [1], "data": [1]}, tensor]}).encode()
    answer = post(head + data, inference_header_content_length=str(len(head)))
    assert answer.status == 400
    assert b"tensor `some text`" in answer.body


def test_pages_say_what_the_model_takes() -> None:
    pages = started().pages
    assert json.loads(pages["/v2"]().body)["extensions"] == ["binary_tensor_data"]
    assert json.loads(pages["/v2/health/ready"]().body) == {"ready": True}
    assert json.loads(pages["/v2/models/service/versions/1/ready"]().body) == {"name": "service", "ready": True}
    model = json.loads(pages["/v2/models/service"]().body)
    assert (model["name"], model["versions"]) == ("service", ["1"])
    assert {"name": "count", "datatype": "INT32", "shape": [-1]} in model["inputs"]
    assert {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]} in model["outputs"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "binary_data_size"]) | st.text(), inner),
    max_leaves=8,
)
tensors = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["number", "some text", "count", "when"]),
        "shape": st.lists(st.integers(0, 3), max_size=3) | values,
        "datatype": st.sampled_from(["FP64", "INT32", "BYTES", "BOOL"]) | values,
    },
    optional={"data": values, "parameters": values},
)


@given(st.fixed_dictionaries({"inputs": st.lists(tensors, max_size=3)}, optional={"outputs": values, "id": values}))
def test_any_request_is_answered_or_refused(body: object) -> None:
    assert post(json.dumps(body).encode()).status in (200, 400)


@given(
    st.binary(max_size=40), st.sampled_from(["FP64", "BYTES", "BOOL", "FP16"]), st.lists(st.integers(0, 4), max_size=2)
)
def test_any_binary_is_answered_or_refused(tail: bytes, datatype: str, shape: list[int]) -> None:
    tensor = {"name": "number", "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": len(tail)}}
    head = json.dumps({"inputs": [tensor]}).encode()
    assert post(head + tail, inference_header_content_length=str(len(head))).status in (200, 400)
