"""The boosters of tests/boosters: each is built, and its service answers what its own library answered."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from .project import EXAMPLES, Project
from .test_serving import ask, served

pytestmark = pytest.mark.slow

BOOSTERS = Path(__file__).parents[1] / "boosters"
TRUTH = json.loads((BOOSTERS / "truth.json").read_text())


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
