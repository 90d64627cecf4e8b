"""The boosters of tests/boosters: each is built, and its service answers what its own library answered."""

from __future__ import annotations

import csv
import json
import math
import shutil
from pathlib import Path

import pytest
import yaml

from .project import EXAMPLES, Project
from .test_serving import ask, served

pytestmark = pytest.mark.slow

BOOSTERS = Path(__file__).parents[1] / "boosters"
TRUTH = json.loads((BOOSTERS / "truth.json").read_text())
TYPED = ("catboost/pipeline.joblib", "lightgbm/mlflow-classifier", "xgboost/mlflow-classifier")
"""Of each library one service is type-checked as well: it takes as long as all else."""


def typed(rows: Path) -> list[dict[str, object]]:
    """The rows of a CSV file as JSON."""
    with rows.open(encoding="utf-8", newline="") as file:
        return [{k: v if k == "city" else json.loads(v) for k, v in row.items()} for row in csv.DictReader(file)]


def values(answer: dict[str, object]) -> object:
    """What an answer holds: {"probabilities": {"0": 0.1, "1": 0.9}} is [0.1, 0.9]."""
    (value,) = answer.values()
    return list(value.values()) if isinstance(value, dict) else value


@pytest.mark.parametrize("name", TRUTH)
def test_the_service_answers_what_the_library_answers(project: Project, name: str) -> None:
    model, rows = name.rpartition("/")[2], f"{TRUTH[name]['rows']}.csv"
    source = BOOSTERS / name
    shutil.copytree(source, project / model) if source.is_dir() else shutil.copy(source, project / model)
    shutil.copy(BOOSTERS / rows, project / rows)
    ran = project.run("init", model, "--sample", rows, "--name", "served")
    assert ran.code == 0, ran.err
    project.as_trained()
    if name not in TYPED:
        project.edit("deploy.yaml", "  types: {}\n", "")
    project.build()
    report = json.loads((project / "build/reports/parity/report.json").read_text())
    assert report["largest difference"] == dict.fromkeys(TRUTH[name]["answers"], 0.0)
    with served(project) as (_, url):
        for method, answers in TRUTH[name]["answers"].items():
            status, found = ask(f"{url}/{method}", typed(BOOSTERS / rows))
            assert status == 200, found
            assert isinstance(found, list)
            assert [values(answer) for answer in found] == answers
        if rows == "table.csv":
            # XGBoost would take a category that it has not seen for one that it has
            status = 422 if name.startswith("xgboost") else 200
            assert ask(f"{url}/predict", {"age": 30, "income": 0.5, "city": "Atlantis"})[0] == status


@pytest.mark.parametrize("name", ["lightgbm/array.lgb", "catboost/array.cbm"])
def test_a_file_of_the_library_s_own_is_compiled(project: Project, name: str) -> None:
    model = name.rpartition("/")[2]
    shutil.copy(BOOSTERS / name, project / model)
    shutil.copy(BOOSTERS / "array.csv", project / "rows.csv")
    assert project.run("init", model, "--sample", "rows.csv", "--name", "served").code == 0
    project.build()
    report = json.loads((project / "build/reports/optimize/report.json").read_text())
    assert report["optimizer"] == "onnx"


def test_the_example_is_served_without_libraries_for_gpus(project: Project) -> None:
    shutil.copytree(EXAMPLES / "xgboost", project.folder, dirs_exist_ok=True)
    project.build()
    report = json.loads((project / "build/reports/parity/report.json").read_text())
    assert report["largest difference"] == {"predict": 0.0}
    lock = (project / "build/project/requirements.lock").read_text()
    assert "nvidia" not in lock
    assert "pandas" not in lock


def test_a_model_is_told_of_the_parameters_of_its_signature(project: Project) -> None:
    shutil.copytree(BOOSTERS / "xgboost/mlflow-booster", project / "model")
    shutil.copy(BOOSTERS / "table.csv", project / "table.csv")
    described = yaml.safe_load((project / "model/MLmodel").read_text())
    params = {"output_margin": True, "pred_contribs": False}
    named = [{"name": name, "type": "boolean", "default": value, "shape": None} for name, value in params.items()]
    described["signature"]["params"] = json.dumps(named)
    (project / "model/MLmodel").write_text(yaml.safe_dump(described))
    assert project.run("init", "model", "--sample", "table.csv", "--name", "served").code == 0
    said = project.build().out
    assert "onnx cannot convert the model: its params change the answer: output_margin, pred_contribs" in said
    row = typed(BOOSTERS / "table.csv")[0]
    with served(project) as (_, url):
        margin, likely, shares = (
            predicted(f"{url}/predict{query}", row)
            for query in ("", "?output_margin=false", "?output_margin=false&pred_contribs=true")
        )
    assert likely == [pytest.approx(TRUTH["xgboost/mlflow-booster"]["answers"]["predict"][0])]
    assert margin == [pytest.approx(math.log(likely[0] / (1 - likely[0])), rel=1e-4)]
    assert sum(shares) == pytest.approx(margin[0], rel=1e-4)


def predicted(url: str, row: object) -> list[float]:
    """The numbers of a prediction."""
    status, found = ask(url, row)
    assert status == 200, found
    assert isinstance(found, dict)
    value = values(found)
    return value if isinstance(value, list) else [float(str(value))]
