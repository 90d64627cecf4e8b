"""Linear models compiled to sums of numpy: equal to the last bits, and a planted mistake is caught."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any  # models of a library without types

import pytest

pytest.importorskip("sklearn")

import numpy as np
import pandas as pd
from deployc.schema.config import Optimize
from deployc.targets.project.proof.report import Proof
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from .proofs import Row, proved

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(5)
TABLE = pd.DataFrame(RANDOM.normal(size=(150, 6)) * [1, 10, 0.01, 1e4, 3, 7], columns=[*"abcdef"])
BINARY = np.where(TABLE["a"] + RANDOM.normal(size=150) > 0, "yes", "no")
MANY = RANDOM.integers(0, 4, 150)
NUMBER = TABLE["b"] * 3 + RANDOM.normal(size=150)
ROWS: list[Row] = [*TABLE.head(40).to_dict("records")]

CLASSIFIERS = [
    LogisticRegression(),
    LogisticRegression(C=0.01, fit_intercept=False),
    RidgeClassifier(),
    SGDClassifier(random_state=0),
    SGDClassifier(loss="log_loss", random_state=0),
    LinearSVC(random_state=0),
]
REGRESSORS = [
    LinearRegression(),
    Ridge(),
    Lasso(),
    ElasticNet(),
    SGDRegressor(random_state=0),
    LinearSVR(random_state=0),
]
SCALERS = [StandardScaler(), MinMaxScaler(), MinMaxScaler(clip=True), MaxAbsScaler(), RobustScaler()]


def exact(proof: Proof | str) -> Proof:
    assert isinstance(proof, Proof), proof
    assert proof.equal, proof.first
    return proof


@pytest.mark.parametrize("labels", [BINARY, MANY], ids=["two classes", "four classes"])
@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=str)
def test_a_classifier_is_equal(classifier: Any, labels: Any, tmp_path: Path) -> None:
    exact(proved(make_pipeline(StandardScaler(), classifier).fit(TABLE, labels), ROWS, "linear", tmp_path))


@pytest.mark.parametrize("regressor", REGRESSORS, ids=str)
def test_a_regressor_is_equal(regressor: Any, tmp_path: Path) -> None:
    exact(proved(make_pipeline(StandardScaler(), regressor).fit(TABLE, NUMBER), ROWS, "linear", tmp_path))


@pytest.mark.parametrize("scaler", SCALERS, ids=str)
@pytest.mark.parametrize("named", [True, False], ids=["table", "array"])
def test_scalers_are_equal_to_the_last_bits_on_tables_and_arrays(scaler: Any, named: bool, tmp_path: Path) -> None:
    given = TABLE if named else TABLE.to_numpy()
    model = make_pipeline(scaler, LogisticRegression()).fit(given, BINARY)
    options = Optimize(thresholds=(0.5, 0.37))
    found = exact(proved(model, ROWS, "linear", tmp_path, options=options))
    assert max(compared.largest or 0 for compared in found.methods) < 1e-12


def test_alone_with_whole_numbers_and_several_targets(tmp_path: Path) -> None:
    table = pd.DataFrame({"n": range(40), "x": RANDOM.normal(size=40)})
    model = LinearRegression().fit(table, np.stack([table["n"] * 2.0, table["x"]], axis=1))
    exact(proved(model, [*table.to_dict("records")], "linear", tmp_path))


def test_what_is_not_linear_is_not_converted_and_says_so(tmp_path: Path) -> None:
    model = make_pipeline(PolynomialFeatures(), LogisticRegression(max_iter=5)).fit(TABLE, BINARY)
    assert proved(model, ROWS, "linear", tmp_path) == "it has a step PolynomialFeatures"


def changed(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def sabotage(data: bytes) -> bytes:
        sums: dict[str, Any] = json.loads(data)
        change(sums)
        return json.dumps(sums).encode()

    return sabotage


def dropped(sums: dict[str, Any]) -> None:
    sums["weights"][0][2] = 0.0


def one_bit(sums: dict[str, Any]) -> None:
    sums["bias"][0] = math.nextafter(sums["bias"][0], math.inf)


def swapped(sums: dict[str, Any]) -> None:
    sums["labels"].reverse()


def unscaled(sums: dict[str, Any]) -> None:
    sums["parts"][0]["steps"].pop()


@pytest.mark.parametrize("mistake", [dropped, swapped, unscaled])
def test_a_planted_mistake_is_caught(mistake: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(TABLE, BINARY)
    found = proved(model, ROWS, "linear", tmp_path, sabotage=changed(mistake))
    assert isinstance(found, Proof)
    assert not found.equal
    assert found.first


def test_a_bias_off_by_one_bit_is_caught_at_a_threshold(tmp_path: Path) -> None:
    """The rows of the jumps stand so near the cut-off that nothing smaller than the last bit fits between."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(TABLE, BINARY)
    options = Optimize(thresholds=(0.37,))
    assert exact(proved(model, ROWS, "linear", tmp_path, options=options)).thresholds == (0.37,)
    (tmp_path / "again").mkdir()
    found = proved(model, ROWS, "linear", tmp_path / "again", options=options, sabotage=changed(one_bit))
    assert isinstance(found, Proof)
    assert not found.equal
