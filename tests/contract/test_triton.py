"""The Open Inference Protocol with a client of its own makers': Triton's, which speaks binary unless told otherwise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import uv
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.targets.project.catalog import facts
from deployc.targets.project.features import REQUIREMENTS
from deployc.targets.project.needs import BASE

from ..targets.project.space import config, files
from .booting import booted

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ADDING = ModelSpec(
    flavor="sklearn",
    class_name="tests.Adding",
    methods=("predict", "predict_proba"),
    inputs=(Column(name="x0", type="double"), Column(name="x1", type="double")),
    container="ndarray",
    file="model.joblib",
    serializer="joblib",
)
OUTPUTS = (Output(method="predict", type="string"), Output(method="predict_proba", type="double", shape=(2,)))
PREDICTED = ["yés", "no", "no"]
PROBABILITIES = [[1, 2], [0.5, -2], [-0.25, 0.125]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the service and the client."""
    folder = tmp_path_factory.mktemp("triton") / "venv"
    requirements = facts("frameworks", "asgi")["REQUIREMENTS"]
    assert isinstance(requirements, tuple)
    wanted = [*BASE, *requirements, *REQUIREMENTS["metrics"], "tritonclient[http]"]
    for arguments in (
        ["venv", "-q", "--python", sys.executable, str(folder)],
        ["pip", "install", "-q", "--python", folder / "bin/python", *wanted],
    ):
        subprocess.run([uv.find_uv_bin(), *arguments], check=True)
    return folder / "bin/python"


@pytest.fixture(scope="module")
def said(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the client was answered."""
    folder = tmp_path_factory.mktemp("adding")
    for path, text in files(folder, ADDING, OUTPUTS, config(framework="asgi")).items():
        (folder / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "project" / path).write_text(text, encoding="utf-8")
    model = (HERE / "adding.py").read_text(encoding="utf-8")
    (folder / "project/src/churn/model.py").write_text(model, encoding="utf-8")
    with booted(python, folder / "project", folder / "signs") as running:
        running.until_ready()
        command = [python, HERE / "ask_triton.py", str(running.port)]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_it_hears_that_the_model_is_ready(said: dict[str, object]) -> None:
    names = ("live", "ready", "model ready", "version ready", "other ready")
    assert [said[name] for name in names] == [True, True, True, True, False]


def test_it_hears_what_the_model_takes(said: dict[str, object]) -> None:
    assert said["server"] == {"name": "churn", "version": "1", "extensions": ["binary_tensor_data"]}
    assert said["model"] == {
        "name": "churn",
        "versions": ["1"],
        "platform": "sklearn",
        "inputs": [{"name": name, "datatype": "FP64", "shape": [-1]} for name in ("x0", "x1")],
        "outputs": [
            {"name": "predict", "datatype": "BYTES", "shape": [-1]},
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
        ],
    }


@pytest.mark.parametrize("form", ["matrix", "columns"])
@pytest.mark.parametrize("sent", [True, False], ids=["in binary", "in json"])
@pytest.mark.parametrize("answered", [True, False], ids=["in binary", "in json"])
def test_what_it_asks_is_answered(said: dict[str, object], form: str, sent: bool, answered: bool) -> None:
    wanted = {"predict": PREDICTED, "predict_proba": PROBABILITIES}
    assert said[f"{form} {sent} {answered}"] == wanted


def test_what_it_asks_without_more_is_what_is_predicted(said: dict[str, object]) -> None:
    assert said["default"] == {"predict": PREDICTED, "predict_proba": None}
    assert said["integers"] == {"predict": ["yés"], "predict_proba": [[1, 2]]}
    assert said["none"] == {"predict": [], "predict_proba": []}
    assert said["id"] == "a1"


def test_what_it_asks_wrongly_is_told_as_it_expects(said: dict[str, object]) -> None:
    assert said["refused"] == [
        "400",
        "tensor `whatever`: the model takes no such tensor; one for all columns has the shape [n, 2]",
    ]
