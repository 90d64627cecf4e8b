"""What the trained model itself answers, whatever it answers with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "targets/checks/reference.py"

LOADING = """\
import numpy

class Sparse:
    def toarray(self):
        return numpy.array([[0.0, 1.0]])

class Model:
    def predict(self, rows):
        return {answer}

def load(path):
    return Model()
"""


@pytest.mark.parametrize(
    ("answer", "values"),
    [("['high' for row in rows]", ["high"]), ("numpy.array([1.5])", [1.5]), ("Sparse()", [[0.0, 1.0]])],
)
def test_lists_arrays_and_sparse_matrices_are_answers(tmp_path: Path, answer: str, values: list[object]) -> None:
    (tmp_path / "deployc_loading.py").write_text(LOADING.replace("{answer}", answer), encoding="utf-8")
    shape = {"columns": {"x": "double"}, "categories": {}, "container": "ndarray", "methods": ["predict"]}
    request = {"model": "model", "path": [str(tmp_path)], "rows": [{"x": 1.0}], **shape}
    asked, answered = tmp_path / "request.json", tmp_path / "answer.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    subprocess.run([sys.executable, "-I", REFERENCE, asked, answered], check=True)
    assert json.loads(answered.read_text(encoding="utf-8")) == {"predict": values}
