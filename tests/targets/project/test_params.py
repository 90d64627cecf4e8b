"""Parameters of the model's signature: each protocol tells the model the same, and no batch has different ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pytest
from deployc.compiler.model_spec import Output, Param
from deployc.targets.project.template import params
from deployc.targets.project.template.model import Model
from deployc.targets.project.template.openapi import document
from deployc.targets.project.template.params import params_of, with_params, with_query
from deployc.targets.project.template.predictor import Predictor, finite_all
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.service import Service
from deployc.targets.project.template.settings import Settings
from deployc.targets.project.template.web import Request, rejected
from hypothesis import given
from hypothesis import strategies as st

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config, files
from .test_batching import WAYS, Echo, Way
from .test_batching import Request as Numbers

JSON = "application/json"
MARGIN = (
    Param(name="output_margin", type="boolean", default=(False,)),
    Param(name="pred_leaf", type="boolean", default=(False,)),
    Param(name="iteration_range", type="long", default=(0, 0), many=True),
    Param(name="base_margin", type="double", many=True),
    Param(name="stop", type="string", many=True),
)


@cache
def started() -> Service:
    """The stub model, which answers what it is told; its parameters are `temperature` and `range`."""
    service = Service(Settings(), lambda: Predictor(Model(Path("stub"))))
    service.start()
    return service


def ask(path: str, query: str, body: object) -> tuple[int, object]:
    header = {"content-type": JSON}.get
    try:
        started().admit(path, header)
        answer = started().answer_now(Request(path, query, header, json.dumps(body).encode()))
    except Rejected as error:
        answer = rejected(error)
    return answer.status, json.loads(answer.body)


def typed(query: str) -> tuple[int, object]:
    return ask("/predict", query, {"number": 1})


def mlflow(given: object) -> tuple[int, object]:
    return ask("/invocations", "", {"instances": [{"number": 1}], "params": given})


def v2(given: object) -> tuple[int, object]:
    tensor = {"name": "number", "shape": [1], "datatype": "FP64", "data": [1]}
    return ask("/v2/models/service/infer", "", {"inputs": [tensor], "parameters": given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "yes"),
        ({"temperature": 1.0}, "yes"),
        ({"temperature": 1}, "yes"),
        ({"temperature": 0.5}, "1.0 {'temperature': 0.5}"),
        ({"range": [0, 3]}, "1.0 {'range': [0, 3]}"),
        ({"range": [2], "temperature": 2}, "1.0 {'temperature': 2.0, 'range': [2]}"),
    ],
)
def test_the_model_is_told_what_is_not_its_default_whatever_the_protocol(given: dict[str, object], said: str) -> None:
    assert typed(urlencode(given, doseq=True)) == (200, {"prediction": said})
    assert mlflow(given) == (200, {"predictions": [said]})
    status, answer = v2({**given, "content_type": "np"})
    assert status == 200
    assert isinstance(answer, dict)
    assert answer["outputs"] == [{"name": "predict", "shape": [1], "datatype": "BYTES", "data": [said]}]


def test_what_is_of_another_type_is_refused() -> None:
    text = "Expected `float`, got `str`"
    status, answer = typed("temperature=hot")
    assert status == 400
    assert isinstance(answer, dict)
    assert answer["error"]["code"] == "invalid-parameter"
    assert (answer["error"]["message"], answer["error"]["field"]) == (text, "params.temperature")
    assert mlflow({"temperature": "hot"}) == (
        400,
        {"error_code": "BAD_REQUEST", "message": f"{text} - at `params.temperature`"},
    )
    assert v2({"temperature": "hot"}) == (400, {"error": f"{text} - at `params.temperature`"})
    assert typed("range=1&range=x")[0] == 400


def test_other_names_are_refused_in_an_address_and_not_looked_at_elsewhere() -> None:
    status, answer = typed("temprature=1")
    assert status == 400
    assert "the model takes temperature, range" in json.dumps(answer)
    assert mlflow({"temprature": 1, "range": None}) == (200, {"predictions": ["yes"]})
    assert v2({"temprature": 1})[0] == 200
    # no other method is told of any
    assert ask("/transform", "temperature=2", {"number": 1}) == (200, {"values": [1.0]})


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_address_is_answered_or_refused(query: str) -> None:
    assert typed(query)[0] in (200, 400)


values = st.fixed_dictionaries({}, optional={"temperature": st.floats(0, 3), "range": st.lists(st.integers(0, 9))})


@given(values)
def test_what_is_told_is_what_was_given(given: dict[str, object]) -> None:
    assert params_of(with_params("predict", given)) == {n: v for n, v in given.items() if v != params.PARAMS[n][1]}
    said = {name: value for name, value in given.items() if value != []}
    assert with_query("predict", urlencode(said, doseq=True)) == with_params("predict", said)


numbers = st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=1, max_size=4)


@pytest.mark.parametrize("way", WAYS)
@given(asked=st.lists(st.tuples(values, numbers), max_size=20), max_batch=st.integers(1, 8))
def test_rows_of_other_parameters_are_in_no_batch(
    way: Way, asked: Sequence[tuple[dict[str, object], Numbers]], max_batch: int
) -> None:
    requests = [(with_params("predict", given), rows) for given, rows in asked]
    found = way(Echo(), Settings(max_batch=max_batch), requests)
    assert found == [[f"{said} {number}" for number in rows] for said, rows in requests]


def test_numbers_that_json_cannot_say_are_null_however_deep_they_are() -> None:
    nan = float("nan")
    assert finite_all([1.0, [nan, [2.0, float("inf")]]]) == [1.0, [None, [2.0, None]]]
    assert finite_all("nan") == "nan"


def test_the_document_has_them() -> None:
    paths = document()["paths"]
    assert isinstance(paths, dict)
    assert paths["/predict"]["post"]["parameters"][0] == {
        "name": "temperature",
        "in": "query",
        "schema": {"type": "number", "default": 1.0},
    }
    assert paths["/transform"]["post"]["parameters"] == []
    assert "PredictionWith" in json.dumps(paths["/predict"])
    assert "PredictionWith" not in json.dumps(paths["/transform"])
    assert '"params": {"type": "object", "properties": {"temperature"' in json.dumps(paths["/invocations"])


def made(folder: Path, **spec: object) -> dict[str, str]:
    deploy = config(framework="asgi")
    found = files(folder, replace(REGRESSOR, **spec), REGRESSOR_OUTPUTS, deploy)  # type: ignore[arg-type]  # the test's own keywords
    return {path.rpartition("/")[2].removesuffix(".py"): text for path, text in found.items()}


def test_xgboosts_models_are_told_what_mlflow_tells_them(tmp_path: Path) -> None:
    for name, heard in (
        ("xgboost.sklearn.XGBRegressor", '{"output_margin": False, "iteration_range": True}'),
        ("xgboost.core.Booster", '{"output_margin": False, "pred_leaf": False, "iteration_range": True}'),
    ):
        found = made(tmp_path / name, flavor="xgboost", class_name=name, params=MARGIN)
        assert f"HEARD: dict[str, bool] = {heard}" in found["params"]
        assert '"stop": (list[str] | None, None)' in found["params"]
        assert 'UNHEARD: tuple[str, ...] = ("base_margin",)' in found["params"]
        assert 'DEFAULTS: dict[str, object] = {"output_margin": False' in found["model"]
        assert "with_query" in found["typed"]


def test_models_that_mlflow_does_not_tell_have_them_checked(tmp_path: Path) -> None:
    found = made(tmp_path, params=MARGIN)
    assert "with_params(METHOD" in found["invocations"]
    assert "HEARD: dict[str, bool] = {}" in found["params"]
    for module in ("typed", "v2", "predictor", "model", "schema", "openapi"):
        assert "With" not in found[module]
        assert "with_" not in found[module]


def test_a_service_without_parameters_has_no_code_for_them(tmp_path: Path) -> None:
    found = made(tmp_path, flavor="xgboost", class_name="xgboost.core.Booster", serializer="booster")
    assert "params" not in found
    assert {name for name, text in found.items() if "with_params" in text or "predict_with" in text} == set()


def test_only_what_is_served_is_told(tmp_path: Path) -> None:
    spec = replace(REGRESSOR, flavor="xgboost", class_name="xgboost.sklearn.XGBClassifier", params=MARGIN)
    outputs = (*REGRESSOR_OUTPUTS, Output(method="predict_proba", type="double", shape=(2,)))
    deploy = config(framework="asgi", methods=("predict_proba",))
    found = files(tmp_path, replace(spec, methods=("predict", "predict_proba")), outputs, deploy)
    assert "predict_with" not in found["src/churn/predictor.py"]
    assert "Listening" in found["src/churn/model.py"]
