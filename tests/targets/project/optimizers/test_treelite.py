"""Ensembles of trees say the same when treelite walks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("treelite")
ensemble = pytest.importorskip("sklearn.ensemble")
lightgbm = pytest.importorskip("lightgbm")

from deployc.targets.project.optimizers import treelite  # noqa: E402 - what it imports may be missing

from .comparing import agree, doubles, matrix, pair, rows_of  # noqa: E402

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(500, 5)).round(2)
SCORE = X[:, 0] * X[:, 1] + RANDOM.normal(size=500) / 2
TWO, THREE = np.where(SCORE > 0, "yes", "no"), np.digitize(SCORE, [-0.5, 0.5])
METHODS = ("predict", "predict_proba", "decision_function")

CLASSIFIERS: Mapping[str, Callable[[], Any]] = {
    "a forest": lambda: ensemble.RandomForestClassifier(30, max_depth=6, random_state=0),
    "extra trees": lambda: ensemble.ExtraTreesClassifier(30, random_state=0),
    "boosting": lambda: ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0),
    "histograms": lambda: ensemble.HistGradientBoostingClassifier(max_iter=20, random_state=0),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1),
}
REGRESSORS: Mapping[str, Callable[[], Any]] = {
    "a forest": lambda: ensemble.RandomForestRegressor(30, random_state=0),
    "boosting": lambda: ensemble.GradientBoostingRegressor(n_estimators=20, random_state=0),
    "histograms": lambda: ensemble.HistGradientBoostingRegressor(max_iter=20, random_state=0),
    "lightgbm": lambda: lightgbm.LGBMRegressor(n_estimators=20, n_jobs=1, verbose=-1),
}


@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_classifier_says_the_same(tmp_path: Path, kind: str, labels: Any) -> None:
    model = CLASSIFIERS[kind]().fit(X, labels)
    methods = [method for method in METHODS if hasattr(model, method)]
    both = pair(treelite, model, tmp_path, doubles(5), methods, matrix)
    for method in methods:
        agree(both, method, rows_of(X))


@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_says_the_same(tmp_path: Path, kind: str) -> None:
    both = pair(treelite, REGRESSORS[kind]().fit(X, SCORE), tmp_path, doubles(5), ["predict"], matrix)
    agree(both, "predict", rows_of(X))


@pytest.mark.parametrize("value", [float("inf"), 1e300])
def test_what_the_original_refuses_is_refused(tmp_path: Path, value: float) -> None:
    both = pair(treelite, CLASSIFIERS["a forest"]().fit(X, TWO), tmp_path, doubles(5), ["predict"], matrix)
    refused, refuses = both.refusals("predict", rows_of(X[:1])[0] | {"x2": value})
    assert refuses == refused


def test_a_forest_with_optional_columns_is_not_converted() -> None:
    columns = [(name, kind, True) for name, kind, _ in doubles(5)]
    with pytest.raises(ValueError, match="what is missing"):
        treelite.convert(CLASSIFIERS["a forest"]().fit(X, TWO), columns, ["predict"])
