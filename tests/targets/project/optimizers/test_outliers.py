"""Models that tell what is unusual, compiled to ONNX: the same sign for each row, also where its score is the limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any  # models of a library without types

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd
from deployc.targets.project.conversion import outliers
from deployc.targets.project.proof.report import Proof
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import OneClassSVM

from .proofs import Row, proved

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(3)
TABLE = pd.DataFrame(RANDOM.standard_t(3, size=(200, 4)) * [1, 100, 0.01, 5], columns=[*"abcd"])
GAPS = TABLE.mask(RANDOM.random(TABLE.shape) < 0.1)
MIXED = TABLE.assign(shop=RANDOM.choice(["north", "south", "west"], 200))

MODELS = [
    IsolationForest(random_state=0),
    IsolationForest(n_estimators=50, contamination=0.1, max_features=2, bootstrap=True, random_state=0),
    IsolationForest(n_estimators=20, max_samples=16, random_state=0),
    make_pipeline(StandardScaler(), IsolationForest(n_estimators=30, contamination=0.05, random_state=0)),
    make_pipeline(StandardScaler(), OneClassSVM(nu=0.1)),
    OneClassSVM(kernel="sigmoid", gamma=1e-5),
]


def equal(model: Any, table: Any, folder: Path) -> Proof:
    rows: list[Row] = [{k: None if v != v else v for k, v in row.items()} for row in table.to_dict("records")]
    proof = proved(model.fit(table), rows, "onnx", folder, count=300)
    assert isinstance(proof, Proof), proof
    assert proof.equal, proof.first
    assert [method.method for method in proof.methods] == ["predict", "decision_function"]
    return proof


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_same_rows_are_unusual(model: Any, tmp_path: Path) -> None:
    assert {*model.fit(TABLE).predict(TABLE).tolist()} == {-1, 1}
    equal(model, TABLE, tmp_path)


def test_gaps_are_taken(tmp_path: Path) -> None:
    equal(IsolationForest(n_estimators=30, random_state=0), GAPS, tmp_path)


def test_categories_are_taken(tmp_path: Path) -> None:
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["shop"]), remainder="passthrough")
    equal(make_pipeline(columns, IsolationForest(n_estimators=30, random_state=0)), MIXED, tmp_path)


@given(st.integers(1, 2000), st.floats(-1, 0), st.floats(0, 3))
def test_a_row_is_usual_from_the_depth_on_where_the_score_says_so(trees: int, offset: float, depth: float) -> None:
    whole = trees * outliers.usual_depth(256)
    usual = not bool((-(2 ** -(np.array([depth * whole]) / whole)) - offset)[0] < 0)
    assert usual == (depth * whole >= outliers.least_depth(whole, offset))


def test_the_depth_of_a_failing_search_is_the_librarys() -> None:
    from sklearn.ensemble._iforest import _average_path_length

    counts = [1, 2, 3, 10, 256, 100_000]
    assert [*map(outliers.usual_depth, counts)] == _average_path_length(counts).tolist()
