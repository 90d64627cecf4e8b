"""Models as their makers write them: each is built and answers what it answered to its maker, proven by `parity`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import uv
import yaml

from .conftest import alone
from .project import EXAMPLES, Project
from .test_serving import ask, served

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("write_models.py")
LIBRARIES = {
    "today": ["scikit-learn", "pandas", "joblib", "cloudpickle", "mlflow-skinny"],
    "2022": [
        *["scikit-learn==1.1.3", "pandas==1.5.1", "numpy==1.23.4", "scipy==1.9.3", "joblib==1.2.0"],
        *["cloudpickle==2.2.0", "mlflow-skinny==1.30.0", "setuptools==65.5.0"],
    ],
}


def write(libraries: list[str], folder: Path) -> None:
    """Make the environment, write the models into `folder`/models, and leave only them."""
    environment, models = folder / "environment", folder / "models"
    models.mkdir()
    python = environment / "bin/python"
    subprocess.run([uv.find_uv_bin(), "venv", "-q", "--python", "3.11", environment], check=True)
    subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", "--python", python, *libraries], check=True)
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    subprocess.run([python, SCRIPT, models], check=True, cwd=folder, env=quiet)
    shutil.rmtree(environment)


@pytest.fixture(scope="session")
def models(kept: Path) -> Callable[[str], Path]:
    """The folder of models that the libraries of a time have written, made once and kept between runs."""

    def of(time: str) -> Path:
        key = hashlib.sha256(SCRIPT.read_bytes() + repr(LIBRARIES[time]).encode()).hexdigest()[:12]
        folder = kept / f"models-{time}-{key}"
        with alone(kept / f"models-{time}.lock"):
            if not folder.exists():
                made = Path(tempfile.mkdtemp(dir=kept))
                write(LIBRARIES[time], made)
                (made / "models").rename(folder)
                shutil.rmtree(made)
        return folder

    return of


def proven(project: Project, source: Path, model: str, rows: str) -> dict[str, object]:
    """Build a model with all tests; what its parity report says."""
    target = project / model
    shutil.copytree(source / model, target) if (source / model).is_dir() else shutil.copy(source / model, target)
    shutil.copy(source / rows, project / rows)
    ran = project.run("init", model, "--sample", rows, "--name", "served")
    assert ran.code == 0, ran.err
    project.as_trained()
    project.build()
    report: dict[str, object] = json.loads((project / "build/reports/parity/report.json").read_text())
    assert report["rows"] == 20
    return report


def test_own_transformers_texts_categories_and_gaps(project: Project) -> None:
    shutil.copytree(EXAMPLES / "joblib", project.folder, dirs_exist_ok=True)
    project.build()
    report = json.loads((project / "build/reports/parity/report.json").read_text())
    assert report["rows"] == 68
    assert project.build().events[-1]["event"] == "up-to-date"


@pytest.mark.parametrize("time", LIBRARIES)
def test_an_mlflow_folder(project: Project, models: Callable[[str], Path], time: str) -> None:
    report = proven(project, models(time), "folder", "folder.csv")
    assert report["largest difference"] == {"predict": 0.0, "predict_proba": 0.0, "decision_function": 0.0}
    lock = (project / "build/project/requirements.lock").read_text()
    made_with = json.loads(project.run("inspect", "folder", "--json").out)["requirements"]
    for need in (need for need in made_with if need["specifier"].startswith("==")):
        assert f"{need['name']}{need['specifier']} " in lock, "it is served with the versions that made it"
    assert "scikit-learn" in {need["name"] for need in made_with}


def test_a_regressor_has_no_route_for_probabilities(project: Project, models: Callable[[str], Path]) -> None:
    report = proven(project, models("today"), "regressor.joblib", "regressor.csv")
    assert report["largest difference"] == {"predict": 0.0}
    paths = json.loads((project / "build/project/openapi.json").read_text())["paths"]
    assert "/predict" in paths
    assert "/predict_proba" not in paths
    with served(project) as (_, url):
        row = {"age": 40, "income": 0.5}
        assert ask(f"{url}/predict", row)[0] == 200
        assert ask(f"{url}/predict_proba", row)[0] == 404


def test_six_hundred_columns(project: Project, models: Callable[[str], Path]) -> None:
    proven(project, models("today"), "wide.joblib", "wide.csv")
    assert json.loads(project.run("inspect", "wide.joblib", "--json").out)["inputs"][599]["name"] == "column 599"


def test_boosting_with_categories(project: Project, models: Callable[[str], Path]) -> None:
    report = proven(project, models("today"), "categories.joblib", "categories.csv")
    assert report["largest difference"] == {"predict": 0.0, "predict_proba": 0.0, "decision_function": 0.0}


def test_a_pipeline_of_texts_takes_one_a_row(project: Project, models: Callable[[str], Path]) -> None:
    report = proven(project, models("today"), "texts.joblib", "texts.csv")
    assert report["largest difference"] == {"predict": 0.0, "predict_proba": 0.0, "decision_function": 0.0}
    with served(project) as (_, url):
        assert ask(f"{url}/predict", {"review": "a good film"}) == (200, {"prediction": False})
        assert ask(f"{url}/predict", {"review": 1})[0] == 422
    config = yaml.safe_load((project / "deploy.yaml").read_text())
    project.write("deploy.yaml", yaml.safe_dump({**config, "serve": {**config["serve"], "optimize": "linear"}}))
    assert "compiled with linear: equal to the original" in project.build().out
    assert "scikit-learn" not in (project / "build/project/requirements.lock").read_text()
    with served(project) as (_, url):
        assert ask(f"{url}/predict", {"review": "a Bad, bad film"}) == (200, {"prediction": True})


OWN = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class Above(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.n_features_in_, self.classes_ = X.shape[1], np.unique(y)
        return self

    def decision_function(self, X):
        return np.asarray(X)[:, 0]

    def predict_proba(self, X):
        likely = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.c_[1 - likely, likely]

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]
"""
TRAIN = """
import joblib, pandas as pd
from own import Above
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows = pd.read_csv("rows.csv")
joblib.dump(make_pipeline(StandardScaler(), Above()).fit(rows, ["no", "yes"] * 5), "model.joblib")
"""
DEPLOY = """
version: 1
name: served
model:
  path: model.joblib
  sample: rows.csv
  code: [own.py]
  train: {run: python train.py, inputs: [train.py, own.py, rows.csv], requirements: [scikit-learn, pandas, joblib]}
targets: {project: {}}
tests: {parity: {rows: rows.csv}}
"""


def test_each_method_of_an_own_class_is_served(project: Project) -> None:
    rows = "a,b\n" + "".join(f"{i},1\n" for i in range(10))
    for name, text in (("own.py", OWN), ("train.py", TRAIN), ("deploy.yaml", DEPLOY), ("rows.csv", rows)):
        (project / name).write_text(text)
    project.build()
    report = json.loads((project / "build/reports/parity/report.json").read_text())
    assert report["largest difference"] == {"predict": 0.0, "predict_proba": 0.0, "decision_function": 0.0}
    with served(project) as (_, url):
        status, found = ask(f"{url}/predict_proba", {"a": 9, "b": 1})
        assert status == 200
        assert isinstance(found, dict)
        assert [*found["probabilities"]] == ["no", "yes"]
