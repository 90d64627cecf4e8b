"""A pipeline of numbers and texts around a forest is built as ONNX: equal to the original, without its libraries."""

from __future__ import annotations

import json
import sys

import pytest

from .project import Project
from .test_serving import ask, served

pytestmark = pytest.mark.slow

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
TRAIN = """\
import joblib, numpy, pandas
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

rows = pandas.read_csv("rows.csv")
columns = make_column_transformer((SimpleImputer(), ["age", "income"]), (OneHotEncoder(), ["city"]))
model = make_pipeline(columns, RandomForestClassifier(20, max_depth=5, random_state=0))
joblib.dump(model.fit(rows.drop(columns="bought"), rows["bought"]), "model.joblib")
"""
CONFIG = f"""\
version: 1
name: shop
python: "{PYTHON}"
model:
  path: model.joblib
  train: {{run: python train.py, inputs: [train.py, rows.csv], requirements: [scikit-learn, pandas, joblib]}}
  sample: sample.csv
serve: {{framework: asgi, optimize: {{use: onnx, rows: 1000}}}}
targets: {{project: {{}}}}
tests: {{types: {{}}, parity: {{rows: sample.csv}}}}
"""


def lines(labels: bool) -> str:
    cities = ["Oslo", "Bergen", "Hamar"]
    rows = [
        f"{20 + i % 50},{'' if i % 9 == 0 else (i * 37 % 100) / 4},{cities[i * 7 % 3]}"
        + (f",{'yes' if i * 13 % 10 > 4 else 'no'}" if labels else "")
        for i in range(300)
    ]
    return "\n".join(["age,income,city" + (",bought" if labels else ""), *rows, ""])


def test_a_pipeline_is_served_as_onnx_without_the_libraries_that_trained_it(project: Project) -> None:
    project.write("deploy.yaml", CONFIG)
    project.write("train.py", TRAIN)
    project.write("rows.csv", lines(labels=True))
    project.write("sample.csv", lines(labels=False))
    ran = project.build()
    assert "compiled with onnx: equal to the original" in ran.out

    locked = (project / "build/project/requirements.lock").read_text()
    assert "onnxruntime==" in locked
    assert not [name for name in ("scikit-learn", "scipy", "pandas", "joblib", "onnx") if f"\n{name}==" in locked]
    assert [path.name for path in (project / "build/project/src/shop/artifact").iterdir()] == ["model.onnx"]

    row = {"age": 30, "income": None, "city": "Oslo"}
    with served(project) as (_, url):
        status, answer = ask(f"{url}/predict_proba", row)
        assert status == 200, answer
        assert json.dumps(answer).startswith('{"probabilities": {"no": ')
        assert ask(f"{url}/predict", row | {"city": "Atlantis"})[0] == 422
