"""`/invocations` against MLflow's own scoring server: the same body has the same answer, or is refused for a reason."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
import uv
from deployc.compiler.model_spec import Column, ColumnType, ModelSpec, Output, Param
from deployc.targets.project.features import REQUIREMENTS

from ..targets.project.space import config, files
from .booting import SECONDS, booted

pytestmark = pytest.mark.slow

LIBRARIES = ["mlflow-skinny", "pandas", "scikit-learn", "fastapi", "uvicorn", "httptools", "uvloop", "msgspec"]
LIBRARIES += ["xgboost-cpu"]
JSON, CSV = "application/json", "text/csv"
KINDS: dict[str, ColumnType] = {
    "double": "double",
    "long": "long",
    "float": "float",
    "boolean": "boolean",
    "string": "string",
    "optional": "string",
    "integer": "integer",
}
TABLE = ModelSpec(
    flavor="sklearn",
    class_name="sklearn.pipeline.Pipeline",
    methods=("predict",),
    inputs=tuple(Column(name=name, type=kind, optional=name == "optional") for name, kind in KINDS.items()),
    file="model.pkl",
    serializer="cloudpickle",
)
ARRAY = ModelSpec(
    flavor="sklearn",
    class_name="sklearn.linear_model._base.LinearRegression",
    methods=("predict",),
    inputs=tuple(Column(name=f"x{i}", type="double") for i in range(3)),
    container="ndarray",
    file="model.pkl",
    serializer="cloudpickle",
)
FLAGS = ("pred_leaf", "pred_contribs", "pred_interactions", "strict_shape")
TOLD = ModelSpec(
    flavor="xgboost",
    class_name="xgboost.core.Booster",
    methods=("predict",),
    inputs=(Column(name="a", type="double"), Column(name="b", type="double")),
    container="ndarray",
    params=(
        Param(name="output_margin", type="boolean", default=(True,)),
        *(Param(name=name, type="boolean", default=(False,)) for name in FLAGS),
        Param(name="iteration_range", type="long", default=(0, 4), many=True),
        Param(name="threshold", type="double", default=(0.5,)),
    ),
    file="model.ubj",
    serializer="booster",
)
MODELS = {
    "table": (TABLE, Output(method="predict", type="string")),
    "array": (ARRAY, Output(method="predict", type="double")),
    "told": (TOLD, Output(method="predict", type="double", shape=(3,))),
}
ROW = {"double": 0.5, "long": 5, "float": 0.25, "boolean": False, "string": "a", "optional": "b", "integer": 3}
OTHER = {**ROW, "double": -2.0, "long": 1}
Ask = Callable[[str, str], tuple[int, object]]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with MLflow, the models' libraries, and nothing of deployc."""
    folder = tmp_path_factory.mktemp("mlflow") / "venv"
    for arguments in (
        ["venv", "-q", "--python", sys.executable, str(folder)],
        ["pip", "install", "-q", "--python", str(folder / "bin/python"), *LIBRARIES, *REQUIREMENTS["metrics"]],
    ):
        subprocess.run([uv.find_uv_bin(), *arguments], check=True)
    return folder / "bin/python"


@pytest.fixture(scope="session")
def models(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("write_mlflow.py")
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    subprocess.run([python, script, folder], check=True, env=quiet)
    return folder


@pytest.fixture(scope="module")
def asked(python: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Ask, Ask]]]:
    """For each model, how to ask MLflow's server and ours."""
    table, array, told = (tmp_path_factory.mktemp(name) for name in MODELS)
    with (
        scoring(python, models / "table", table) as theirs,
        serving(python, models / "table", table, "table") as ours,
        scoring(python, models / "array", array) as theirs_array,
        serving(python, models / "array", array, "array") as ours_array,
        scoring(python, models / "told", told) as theirs_told,
        serving(python, models / "told", told, "told") as ours_told,
    ):
        yield {"table": (theirs, ours), "array": (theirs_array, ours_array), "told": (theirs_told, ours_told)}


@contextmanager
def scoring(python: Path, model: Path, folder: Path) -> Iterator[Ask]:
    """MLflow's scoring server with a model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "uvicorn", "mlflow.pyfunc.scoring_server.app:app", "--port", str(port)]
    environ = {**os.environ, "__pyfunc_model_path__": str(model), "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    deadline = time.monotonic() + SECONDS
    try:
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((folder / "mlflow.log").read_text(encoding="utf-8"))
            time.sleep(0.05)
        yield lambda body, kind: post(port, body, kind)
    finally:
        process.terminate()
        process.wait(SECONDS)


@contextmanager
def serving(python: Path, model: Path, folder: Path, name: str) -> Iterator[Ask]:
    """The generated service with the same model."""
    spec, output = MODELS[name]
    for path, text in files(folder, spec, (output,), config(framework="asgi")).items():
        (folder / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "project" / path).write_text(text, encoding="utf-8")
    (folder / "project/src/churn/artifact").mkdir()
    shutil.copy(model / spec.file, folder / "project/src/churn/artifact")
    with booted(python, folder / "project", folder / "signs") as running:
        running.until_ready()
        yield lambda body, kind: post(running.port, body, kind)


def post(port: int, body: str, kind: str) -> tuple[int, object]:
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("POST", "/invocations", body.encode(), {"Content-Type": kind})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def split(*rows: dict[str, object]) -> dict[str, object]:
    return {"columns": [*rows[0]], "data": [[*row.values()] for row in rows]}


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in ROW.items() if name not in names}


BACKWARDS = dict(reversed(ROW.items()))
LINES = "boolean,double,float,integer,long,string,optional"


@pytest.mark.parametrize(
    ("model", "body", "kind"),
    [
        ("table", {"dataframe_split": split(ROW, OTHER)}, JSON),
        ("table", {"dataframe_split": split(BACKWARDS)}, JSON),
        ("table", {"dataframe_split": split({**ROW, "more": 1, "index": 2})}, JSON),
        ("table", {"dataframe_split": {**split(ROW, OTHER), "index": [3, 4]}}, JSON),
        ("table", {"dataframe_split": split(ROW)}, "application/json; charset=utf-8"),
        ("table", {"dataframe_split": split(ROW), "params": {"unknown": 1}}, JSON),
        ("table", {"dataframe_split": split(ROW), "params": None, "more": 1}, JSON),
        ("table", {"dataframe_records": [ROW, OTHER, BACKWARDS]}, JSON),
        ("table", {"dataframe_records": [without("optional"), OTHER]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "optional": None}]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "double": 3, "float": 2}, OTHER]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "long": 5.0, "integer": 2.0}]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "double": None}, OTHER]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "double": float("nan"), "float": None}, OTHER]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "string": "c"}]}, JSON),
        ("table", {"instances": [ROW, OTHER]}, JSON),
        ("table", {"inputs": {name: [ROW[name], OTHER[name]] for name in ROW}}, JSON),
        ("table", f"{LINES}\nTrue,0.5,1.5,3,5,a,b\nFalse,-2,1,3,1,b,\n", CSV),
        ("table", f",more,{LINES}\n0,1,True,0.5,1.5,3,5,a,b\n1,1,false,-2,1e0,3,1,b,\n", CSV),
        ("table", f"{LINES}\nTrue,,nan,3,5,a,b\n", "text/csv; charset=utf-8"),
        ("array", {"inputs": [[1, 2, 3], [0.5, 0.25, -1]]}, JSON),
        ("array", {"instances": [[1, 2, 3], [0.5, 0.25, -1]]}, JSON),
        ("array", {"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2.5, 3]]}}, JSON),
        ("array", {"dataframe_split": {"columns": [0, 1, 2], "index": [0], "data": [[1, 2.5, 3]]}}, JSON),
        ("array", {"dataframe_split": {"data": [[1, 2.5, 3], [4, 5, 6]]}}, JSON),
        ("array", {"dataframe_records": [{"x0": 1, "x1": 2, "x2": 0.5}]}, JSON),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_the_answer_is_mlflows(asked: dict[str, tuple[Ask, Ask]], model: str, body: object, kind: str) -> None:
    theirs, ours = asked[model]
    sent = body if isinstance(body, str) else json.dumps(body)
    wanted = theirs(sent, kind)
    assert wanted[0] == 200
    assert ours(sent, kind) == wanted


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"unknown": 1, "threshold": 1},
        {"output_margin": False},
        {"output_margin": True, "iteration_range": [0, 1]},
        {"output_margin": False, "iteration_range": [2, 3]},
        {"output_margin": False, "strict_shape": True},
        *({"output_margin": False, name: True} for name in FLAGS[:3]),
    ],
    ids=json.dumps,
)
def test_the_model_is_told_of_parameters_as_under_mlflow(
    asked: dict[str, tuple[Ask, Ask]], params: dict[str, object]
) -> None:
    theirs, ours = asked["told"]
    sent = json.dumps({"inputs": {"a": [0.5, -2.0, 1.0], "b": [1.0, 0.25, 0.0]}, "params": params})
    (status, wanted), (our_status, found) = theirs(sent, JSON), ours(sent, JSON)
    assert (status, our_status) == (200, 200)
    assert isinstance(wanted, dict)
    assert isinstance(found, dict)
    ours_flat, theirs_flat = flat(found["predictions"]), flat(wanted["predictions"])
    # one thread and several may add up in another order
    assert [place for place, _ in ours_flat] == [place for place, _ in theirs_flat]
    assert [value for _, value in ours_flat] == pytest.approx([value for _, value in theirs_flat], abs=1e-6)


def flat(value: object, *place: int) -> list[tuple[tuple[int, ...], object]]:
    """The numbers within lists of lists, each with its place."""
    if not isinstance(value, list):
        return [(place, value)]
    return [found for i, inner in enumerate(value) for found in flat(inner, *place, i)]


@pytest.mark.parametrize(
    "params",
    [
        {"output_margin": "true"},
        {"iteration_range": 3},
        {"iteration_range": [0, 99]},
        {"iteration_range": [1]},
        {"pred_leaf": True},
        {"threshold": "high"},
    ],
    ids=json.dumps,
)
def test_parameters_that_mlflow_refuses_are_refused(
    asked: dict[str, tuple[Ask, Ask]], params: dict[str, object]
) -> None:
    theirs, ours = asked["told"]
    sent = json.dumps({"inputs": {"a": [0.5], "b": [1.0]}, "params": params})
    assert theirs(sent, JSON)[0] >= 400
    assert ours(sent, JSON)[0] == 400


@pytest.mark.parametrize(
    ("model", "body", "kind"),
    [
        ("table", {"dataframe_records": [without("double")]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "long": None}]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "long": "five"}]}, JSON),
        ("table", {"dataframe_records": [{**ROW, "double": "much"}]}, JSON),
        ("table", {"dataframe_records": ROW}, JSON),
        ("table", {"dataframe_split": {"data": [[*ROW.values()]]}}, JSON),
        ("table", {"dataframe_split": {**split(ROW), "rows": []}}, JSON),
        ("table", {"dataframe_split": {"columns": [*ROW], "data": [[1, 2]]}}, JSON),
        ("table", {"dataframe_split": split(ROW), "instances": [ROW]}, JSON),
        ("table", {"instances": [[*ROW.values()]]}, JSON),
        ("table", {"inputs": {**{name: [value] for name, value in ROW.items()}, "long": [1, 2]}}, JSON),
        ("table", split(ROW), JSON),
        ("table", [ROW], JSON),
        ("table", "{", JSON),
        ("table", f"{LINES}\nTrue,much,1,1,1,a,b\n", CSV),
        ("table", f"{LINES}\nTrue,1,1,1,1.5,a,b\n", CSV),
        ("array", {"inputs": [[1, 2]]}, JSON),
        ("array", {"inputs": [[1, 2, 3], [1, 2]]}, JSON),
        ("array", {"inputs": [[1, 2, "x"]]}, JSON),
        ("array", {"inputs": [[1, 2, float("nan")]]}, JSON),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_mlflow_refuses_is_refused_in_its_form(
    asked: dict[str, tuple[Ask, Ask]], model: str, body: object, kind: str
) -> None:
    theirs, ours = asked[model]
    sent = body if isinstance(body, str) else json.dumps(body)
    (wanted, _), (status, answer) = theirs(sent, kind), ours(sent, kind)
    assert (wanted, status) == (400, 400)
    assert isinstance(answer, dict)
    assert answer["error_code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"long": 5.7}, "Expected `int`, got `float` - at `[0].long`"),
        ({"long": "5"}, "Expected `int`, got `str` - at `[0].long`"),
        ({"boolean": "false"}, "Expected `bool`, got `str` - at `[0].boolean`"),
        ({"boolean": 2}, "Expected `bool`, got `int` - at `[0].boolean`"),
        ({"string": None}, "Expected `str`, got `null` - at `[0].string`"),
        ({"integer": 2**31}, "Expected `int` <= 2147483647 - at `[0].integer`"),
    ],
)
def test_what_mlflow_would_bend_is_refused(
    asked: dict[str, tuple[Ask, Ask]], change: dict[str, object], message: str
) -> None:
    theirs, ours = asked["table"]
    sent = json.dumps({"dataframe_records": [ROW | change]})
    assert theirs(sent, JSON)[0] == 200
    assert ours(sent, JSON) == (400, {"error_code": "BAD_REQUEST", "message": message})
