"""Models of XGBoost, LightGBM and CatBoost say the same when they are compiled to ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
proto = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
xgboost = pytest.importorskip("xgboost")
lightgbm = pytest.importorskip("lightgbm")
catboost = pytest.importorskip("catboost")

from deployc.targets.project.optimizers import onnx  # noqa: E402 - what it imports may be missing

from .comparing import Pair, agree, at_the_edges, doubles, matrix, pair, rows_of  # noqa: E402

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(5)
COUNT = 800
X = RANDOM.normal(size=(COUNT, 6)).round(2)
SCORE = X[:, 0] * X[:, 1] + X[:, 2] + RANDOM.normal(size=COUNT) / 2
TWO = (SCORE > 0).astype(int)
THREE = np.digitize(SCORE, [-0.7, 0.7])
HOLES = np.where(RANDOM.random(X.shape) < 0.05, np.nan, X)
ONE = {"n_jobs": 1}
QUIET: Mapping[str, Any] = {"thread_count": 1, "verbose": 0, "allow_writing_files": False}

CLASSIFIERS: Mapping[str, Callable[[], Any]] = {
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=40, **ONE),
    "xgboost, dart": lambda: xgboost.XGBClassifier(n_estimators=15, booster="dart", rate_drop=0.3, **ONE),
    "xgboost, a forest": lambda: xgboost.XGBRFClassifier(n_estimators=15, **ONE),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=40, verbose=-1, **ONE),
    "lightgbm, dart": lambda: lightgbm.LGBMClassifier(n_estimators=20, boosting_type="dart", verbose=-1, **ONE),
    "lightgbm, a forest": lambda: lightgbm.LGBMClassifier(
        n_estimators=20, boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, verbose=-1, **ONE
    ),
    "catboost": lambda: catboost.CatBoostClassifier(iterations=40, depth=4, **QUIET),
}
REGRESSORS: Mapping[str, Callable[[], Any]] = {
    "xgboost": lambda: xgboost.XGBRegressor(n_estimators=40, **ONE),
    "xgboost, counts": lambda: xgboost.XGBRegressor(n_estimators=20, objective="count:poisson", **ONE),
    "xgboost, shares": lambda: xgboost.XGBRegressor(n_estimators=20, objective="reg:logistic", **ONE),
    "lightgbm": lambda: lightgbm.LGBMRegressor(n_estimators=40, verbose=-1, **ONE),
    "lightgbm, counts": lambda: lightgbm.LGBMRegressor(n_estimators=20, objective="poisson", verbose=-1, **ONE),
    "lightgbm, medians": lambda: lightgbm.LGBMRegressor(n_estimators=20, objective="l1", verbose=-1, **ONE),
    "catboost": lambda: catboost.CatBoostRegressor(iterations=40, depth=5, **QUIET),
}


class Flat:
    """CatBoost answers with a column where others answer with a vector."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, rows: Any) -> Any:
        return np.ravel(self._model.predict(rows))

    def predict_proba(self, rows: Any) -> Any:
        return self._model.predict_proba(rows)


def compiled(model: Any, folder: Path, *methods: str) -> Pair:
    found = pair(onnx, model, folder, doubles(6), methods, matrix)
    asked = Flat(model) if type(model).__module__.startswith("catboost") else model
    return Pair(
        original=lambda method, rows: getattr(asked, method)(matrix(rows)), compiled=found.compiled, make=found.make
    )


def edges(folder: Path) -> Any:
    """Rows around thresholds of the compiled file, around zero, and far away."""
    walk = next(n for n in proto.load(str(folder / onnx.FILE)).graph.node if n.op_type == "TreeEnsemble")
    facts = {attribute.name: attribute for attribute in walk.attribute}
    features, splits = facts["nodes_featureids"].ints, proto.numpy_helper.to_array(facts["nodes_splits"].t)
    found = [*zip(features, splits.astype(float).tolist(), strict=True)][::5]
    zeros = [(i % 6, value) for i, value in enumerate((0.0, 1e-35, -1e-35, 1e-40, -1e-40, 5e-324) * 6)]
    with np.errstate(over="ignore"):
        far = at_the_edges(X, [(i % 6, value) for i, value in enumerate((1e30, -1e30, 3e38, -3e38) * 3)])
    return np.concatenate([X, HOLES, at_the_edges(X, [*found, *zeros]), far])


@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("holes", [False, True], ids=["whole", "with holes"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_classifier_says_the_same(tmp_path: Path, kind: str, holes: bool, labels: Any) -> None:
    model = CLASSIFIERS[kind]().fit(HOLES if holes else X, labels)
    both = compiled(model, tmp_path, "predict", "predict_proba")
    rows = rows_of(edges(tmp_path))
    agree(both, "predict", rows)
    agree(both, "predict_proba", rows)


@pytest.mark.parametrize("holes", [False, True], ids=["whole", "with holes"])
@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_says_the_same(tmp_path: Path, kind: str, holes: bool) -> None:
    targets = 1 / (1 + np.exp(-SCORE))
    model = REGRESSORS[kind]().fit(HOLES if holes else X, targets)
    both = compiled(model, tmp_path, "predict")
    agree(both, "predict", rows_of(edges(tmp_path)))


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:squarederror", "multi:softprob", "multi:softmax"])
def test_an_xgboost_booster_says_the_same(tmp_path: Path, objective: str) -> None:
    several = {"num_class": 3} if objective.startswith("multi") else {}
    settings = {"objective": objective, "nthread": 1, **several}
    booster = xgboost.train(settings, xgboost.DMatrix(X, THREE if several else TWO), 20)
    found = pair(onnx, booster, tmp_path, doubles(6), ["predict"], matrix)
    both = Pair(
        original=lambda _, rows: booster.predict(xgboost.DMatrix(matrix(rows))),
        compiled=found.compiled,
        make=found.make,
    )
    rows = rows_of(edges(tmp_path))
    agree(both, "predict", rows)
    for value in (float("inf"), -1e300, float("nan")):
        refused, refuses = both.refusals("predict", rows[0] | {"x1": value})
        assert refuses == refused


@pytest.mark.parametrize("objective", ["binary", "regression", "multiclass", "multiclassova"])
def test_a_lightgbm_booster_says_the_same(tmp_path: Path, objective: str) -> None:
    several = {"num_class": 3} if objective.startswith("multi") else {}
    settings = {"objective": objective, "verbose": -1, "num_threads": 1, **several}
    booster = lightgbm.train(settings, lightgbm.Dataset(X, THREE if several else TWO), 20)
    both = pair(onnx, booster, tmp_path, doubles(6), ["predict"], matrix)
    rows = rows_of(np.concatenate([edges(tmp_path), [[np.inf] * 6, [-np.inf] * 6]]))
    agree(both, "predict", rows)


def test_trees_after_the_best_round_are_left_out(tmp_path: Path) -> None:
    train, test = slice(0, 400), slice(400, None)
    first = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=3, **ONE)
    first.fit(X[train], TWO[train], eval_set=[(X[test], TWO[test])], verbose=False)
    second = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1, **ONE)
    stop = [lightgbm.early_stopping(3, verbose=False)]
    second.fit(X[train], TWO[train], eval_set=[(X[test], TWO[test])], callbacks=stop)
    assert first.best_iteration < 199
    assert second.best_iteration_ < 200
    for model in (first, second):
        agree(compiled(model, tmp_path, "predict_proba"), "predict_proba", rows_of(X))


def test_a_million_margins_have_the_bits_of_xgboosts_probability(tmp_path: Path) -> None:
    from deployc.targets.project.conversion import expf
    from deployc.targets.project.conversion.graph import Graph, flat

    graph = Graph(1)
    margins = graph.cast("rows", "float32")
    (tmp_path / "m.onnx").write_bytes(graph.model({"share": flat(graph, expf.sigmoid(graph, margins))}, {}))
    given = (RANDOM.normal(size=1_000_000) * 20).astype(np.float32)
    answers = onnx.session(tmp_path / "m.onnx").run(["share"], {"rows": given[:, None].astype(np.float64)})[0]

    settings = {"objective": "binary:logistic", "base_score": 0.5, "nthread": 1}
    booster = xgboost.train(settings, xgboost.DMatrix(X[:, :1] * 0, TWO * 0), 0)
    rows = xgboost.DMatrix(np.zeros((len(given), 1)), base_margin=given)
    assert (booster.predict(rows) == answers).all()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: xgboost.XGBClassifier(booster="gblinear"), "gblinear"),
        (lambda: xgboost.XGBRegressor(multi_strategy="multi_output_tree"), "several"),
        (lambda: lightgbm.LGBMRegressor(linear_tree=True, verbose=-1), "linear trees"),
        (lambda: lightgbm.LGBMRegressor(zero_as_missing=True, verbose=-1), "zero_as_missing"),
        (lambda: catboost.CatBoostRegressor(iterations=3, grow_policy="Lossguide", **QUIET), "symmetric trees"),
    ],
    ids=["gblinear", "several targets", "linear trees", "zero as missing", "asymmetric trees"],
)
def test_what_cannot_be_compiled_says_why(make: Callable[[], Any], why: str) -> None:
    targets = np.stack([TWO, THREE], axis=1) if why == "several" else TWO
    with pytest.raises(ValueError, match=why):
        onnx.convert(make().fit(X, targets), doubles(6), ["predict"])
