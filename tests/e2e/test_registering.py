"""What is published to MLflow is loaded there as any model is, and answers as the project does."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uv

from .mlflow_store import Store, local_store
from .project import Project

SCRIPT = Path(__file__).with_name("load_registered.py")
COLUMNS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    """A store with an experiment and no model."""
    store = local_store(tmp_path / "store")
    # MLflow's client makes the database; deployc asks only one that is there
    code = "import sys, mlflow; mlflow.set_tracking_uri(sys.argv[1]); "
    code += "mlflow.MlflowClient().create_experiment('birds', sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, store.uri, str(store.root)], check=True, capture_output=True)
    return store


@pytest.fixture
def registering(quickstart: Project, empty: Store) -> tuple[Project, Store]:
    """The quickstart with the target, beside that store."""
    quickstart.edit(
        "deploy.yaml", "targets: {", "targets: {mlflow: {alias: champion, experiment: birds, tags: {team: birds}}, "
    )
    return quickstart.given(MLFLOW_TRACKING_URI=empty.uri), empty


def predicted(folder: Path, python: Path, store: Store, rows: Path) -> dict[str, object]:
    done = subprocess.run(
        [python, SCRIPT, store.uri, "models:/penguins@champion", rows, *COLUMNS],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_a_published_model_is_loaded_from_the_registry_and_answers_as_the_project_does(
    registering: tuple[Project, Store], tmp_path: Path, uv_cache: Path
) -> None:
    project, store = registering
    first = project.run("publish", "mlflow")
    assert first.code == 0, first.err
    assert "registered as models:/penguins/1, alias champion" in first.err
    again = project.run("publish", "mlflow")
    assert "is registered already as models:/penguins/1" in again.err

    python = installed(project / "build/mlflow/requirements.txt", tmp_path / "loading", uv_cache)
    rows = project / "data/holdout.csv"
    found = predicted(tmp_path, python, store, rows)
    assert found["answers"] == asked(project / "build/mlflow/code", python, rows)
    tags = found["tags"]
    assert isinstance(tags, dict)
    build = json.loads((project / "build/mlflow/code/penguins/build.json").read_text(encoding="utf-8"))
    assert (tags["team"], tags["deployc.model"], tags["deployc.lock"]) == ("birds", build["model"], build["lock"])


SEVERAL = f"""\
version: 1
name: penguins
python: "{sys.version_info.major}.{sys.version_info.minor}"
models:
  all: {{path: model/, sample: sample.csv}}
  just-labels: {{path: model/, sample: sample.csv, methods: [predict]}}
targets: {{mlflow: {{alias: champion, experiment: birds}}}}
"""
LOAD = """\
import json, sys
import mlflow, pandas
loaded = [mlflow.pyfunc.load_model(path) for path in sys.argv[2:]]
print(json.dumps([each.predict(pandas.read_csv(sys.argv[1]).astype(float)) for each in loaded]))
"""


@pytest.mark.slow
def test_each_of_several_models_is_registered_and_loaded_by_itself(
    given: Project, empty: Store, tmp_path: Path, uv_cache: Path
) -> None:
    project = given.given(MLFLOW_TRACKING_URI=empty.uri)
    project.write("deploy.yaml", SEVERAL)
    told = project.run("publish", "mlflow")
    assert told.code == 0, told.err
    for name in ("all", "just-labels"):
        assert f"registered as models:/penguins-{name}/1, alias champion" in told.err
    folders = [project / "build/mlflow" / package for package in ("all", "just_labels")]
    rows = project.write("rows.csv", ",".join(COLUMNS) + "\n39.1,18.7,181,3750\n46.1,13.2,211,4500\n")
    python = installed(folders[0] / "requirements.txt", tmp_path / "loading", uv_cache)
    command = [python, "-W", "ignore", "-c", LOAD, rows, *folders]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [["Adelie", "Gentoo"]] * 2

    shutil.copytree(folders[0], tmp_path / "other")
    (tmp_path / "other/code/penguins/build.json").write_text("{}", encoding="utf-8")
    command = [python, "-W", "ignore", "-c", LOAD, rows, folders[0], tmp_path / "other"]
    other = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert "another version of penguins is loaded here already" in other.stderr

    score = [python, "-m", "penguins.just_labels.score", rows, tmp_path / "out.csv"]
    subprocess.run(score, env={**os.environ, "PYTHONPATH": str(folders[0] / "code")}, check=True)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:] == ["1,Adelie", "2,Gentoo"]


def installed(requirements: Path, folder: Path, uv_cache: Path) -> Path:
    """The interpreter of a new environment with what loads from a store that is a database."""
    environ = {**os.environ, "UV_CACHE_DIR": str(uv_cache), "VIRTUAL_ENV": str(folder)}
    subprocess.run([uv.find_uv_bin(), "venv", "-q", folder], env=environ, check=True)
    needs = ["-r", str(requirements), "sqlalchemy", "alembic"]
    subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", *needs], env=environ, check=True)
    return folder / "bin/python"


@pytest.mark.slow
def test_the_files_of_a_new_experiment_are_kept_beside_the_database(registering: tuple[Project, Store]) -> None:
    project, store = registering
    project.edit("deploy.yaml", "experiment: birds", "experiment: new")
    told = project.run("publish", "mlflow")
    assert told.code == 0, told.err
    database = Path(store.uri.removeprefix("sqlite:///"))
    (kept,) = database.parent.glob("mlruns/*/*/artifacts/deployc/MLmodel")
    assert kept.read_text(encoding="utf-8") == (project / "build/mlflow/MLmodel").read_text(encoding="utf-8")


def asked(code: Path, python: Path, rows: Path) -> dict[str, list[object]]:
    """What the package itself answers, without MLflow."""
    with rows.open(encoding="utf-8") as file:
        table = [{name: float(row[name]) for name in COLUMNS} for row in csv.DictReader(file)]
    script = "import json, sys, msgspec; from penguins import predict, predict_proba; rows = json.load(sys.stdin); "
    script += "print(msgspec.json.encode([predict(rows), predict_proba(rows)]).decode())"
    done = subprocess.run(
        [python, "-c", script],
        input=json.dumps(table),
        env={**os.environ, "PYTHONPATH": str(code)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    labels, classes = json.loads(done.stdout)
    return {
        "predict": [answer["prediction"] for answer in labels],
        "predict_proba": [[*answer["probabilities"].values()] for answer in classes],
    }
