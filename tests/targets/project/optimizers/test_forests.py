"""Trees and forests of scikit-learn answer the same bits when they are compiled to ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
ensemble = pytest.importorskip("sklearn.ensemble")
tree = pytest.importorskip("sklearn.tree")

from deployc.targets.project.optimizers import onnx  # noqa: E402 - what it imports may be missing

from .comparing import Pair, at_the_edges, doubles, matrix, pair, rows_of  # noqa: E402

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(600, 8)).round(2)
TWO = np.where(X[:, 0] * X[:, 1] + RANDOM.normal(size=600) > 0, "yes", "no")
FOUR = np.digitize(X[:, 2] + RANDOM.normal(size=600), [-1, 0, 1])

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "a tree": lambda: tree.DecisionTreeClassifier(random_state=0),
    "a tree that asks nothing": lambda: tree.DecisionTreeClassifier(max_depth=1, min_samples_leaf=600),
    "a shallow tree": lambda: tree.DecisionTreeClassifier(max_depth=3, random_state=0),
    "an extra tree": lambda: tree.ExtraTreeClassifier(max_depth=6, random_state=0),
    "a forest of pure leaves": lambda: ensemble.RandomForestClassifier(60, random_state=0),
    "a forest of mixed leaves": lambda: ensemble.RandomForestClassifier(60, max_depth=4, random_state=0),
    "a weighted forest": lambda: ensemble.RandomForestClassifier(60, class_weight="balanced", random_state=0),
    "extra trees": lambda: ensemble.ExtraTreesClassifier(40, min_samples_leaf=3, random_state=0),
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "a tree": lambda: tree.DecisionTreeRegressor(random_state=0),
    "a forest": lambda: ensemble.RandomForestRegressor(60, max_depth=7, random_state=0),
    "extra trees": lambda: ensemble.ExtraTreesRegressor(40, random_state=0),
}


def thresholds(model: Any) -> Iterator[tuple[int, float]]:
    """Every tenth, as forests have thousands."""
    for one in getattr(model, "estimators_", [model]):
        inner = np.flatnonzero(one.tree_.children_left >= 0)[::10]
        yield from zip(one.tree_.feature[inner].tolist(), one.tree_.threshold[inner].tolist(), strict=True)


def edges(model: Any) -> Any:
    return np.concatenate([X, *([found] if len(found := at_the_edges(X, thresholds(model))) else [])])


def compiled(model: Any, folder: Path, *methods: str) -> Pair:
    return pair(onnx, model, folder, doubles(8), methods, matrix)


@pytest.mark.parametrize("labels", [TWO, FOUR], ids=["two classes", "four classes"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_classifier_answers_the_same_bits(tmp_path: Path, kind: str, labels: Any) -> None:
    model = CLASSIFIERS[kind]().fit(X, labels)
    both, rows = compiled(model, tmp_path, "predict", "predict_proba"), rows_of(edges(model))
    for method in ("predict", "predict_proba"):
        original, answers = both.answers(method, rows)
        assert answers == original
        assert type(answers[0]) is type(original[0])
        assert [both.answers(method, [row])[1][0] for row in rows[:50]] == original[:50]


@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_answers_the_same_bits(tmp_path: Path, kind: str, targets: int) -> None:
    model = REGRESSORS[kind]().fit(X, X[:, 0] ** 3 if targets == 1 else X[:, :targets] ** 3)
    original, answers = compiled(model, tmp_path, "predict").answers("predict", rows_of(edges(model)))
    assert answers == original


@pytest.mark.parametrize("kind", ["a tree", "a forest of mixed leaves", "extra trees"])
def test_missing_numbers_go_where_the_original_sends_them(tmp_path: Path, kind: str) -> None:
    holes = np.where(RANDOM.random(X.shape) < 0.1, np.nan, X)
    model = CLASSIFIERS[kind]().fit(holes, TWO)
    original, answers = compiled(model, tmp_path, "predict_proba").answers("predict_proba", rows_of(holes))
    assert answers == original


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 3.5e38, 1e300, 3.4028235677e38])
@pytest.mark.parametrize("kind", ["a forest", "extra trees"])
def test_what_the_original_refuses_is_refused(tmp_path: Path, kind: str, value: float) -> None:
    both = compiled(REGRESSORS[kind]().fit(X, X[:, 0]), tmp_path, "predict")
    row = rows_of(X[:1])[0] | {"x3": value}
    refused, refuses = both.refusals("predict", row)
    assert refuses == refused


def test_columns_of_float32_and_whole_numbers_are_seen_as_the_original_sees_them(tmp_path: Path) -> None:
    model = ensemble.RandomForestClassifier(20, random_state=0).fit(X, TWO)
    kinds = ["float", "double", "long", "integer", "boolean", "float", "float", "double"]
    columns = [(f"x{i}", kind, False) for i, kind in enumerate(kinds)]
    both = pair(onnx, model, tmp_path, columns, ["predict_proba"], matrix)
    rows = [row | {"x2": int(row["x2"]), "x3": int(row["x3"]), "x4": row["x4"] > 0} for row in rows_of(edges(model))]
    original, answers = both.answers("predict_proba", rows)
    assert answers == original


def test_one_model_gives_the_same_bytes_whenever_it_is_compiled() -> None:
    model = ensemble.RandomForestClassifier(20, max_depth=4, random_state=0).fit(X, TWO)
    first, again = (onnx.convert(model, doubles(8), ["predict", "predict_proba"]) for _ in range(2))
    assert first == again


def test_what_cannot_be_compiled_says_why() -> None:
    several = ensemble.RandomForestClassifier(3).fit(X, np.stack([TWO, TWO], axis=1))
    with pytest.raises(ValueError, match="several labels"):
        onnx.convert(several, doubles(8), ["predict"])
    with pytest.raises(ValueError, match="no conversion of `decision_function`"):
        onnx.convert(tree.DecisionTreeClassifier().fit(X, TWO), doubles(8), ["decision_function"])
    with pytest.raises(ValueError, match="type datetime"):
        onnx.convert(tree.DecisionTreeClassifier().fit(X, TWO), [("when", "datetime", False)], ["predict"])
