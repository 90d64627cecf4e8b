"""Models that hold other models, such as calibrated, voting and stacked ones, say the same when they are compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
proto = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("sklearn")
xgboost = pytest.importorskip("xgboost")

from deployc.compiler.model_spec import ModelSpec  # noqa: E402 - what is imported before it may be missing
from deployc.schema.config import Optimize  # noqa: E402
from deployc.targets.project.applying import candidates  # noqa: E402
from deployc.targets.project.optimizers import onnx  # noqa: E402
from sklearn import (  # noqa: E402
    calibration,
    compose,
    ensemble,
    linear_model,
    model_selection,
    pipeline,
    preprocessing,
    svm,
    tree,
)

from .comparing import agree, at_the_edges, doubles, matrix, pair, rows_of  # noqa: E402
from .proofs import proved  # noqa: E402

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(3)
X = (RANDOM.normal(size=(500, 5)) * [1, 10, 0.1, 5, 100]).round(3)
SCORE = X[:, 0] + X[:, 1] / 10 - X[:, 4] / 100 + RANDOM.normal(size=500) / 2
TWO = np.where(SCORE > 0, "yes", "no")
FLAGS = (SCORE > 0).astype(int)
THREE = np.digitize(SCORE, [-1, 1])
AMOUNTS = np.exp(SCORE / 5)
METHODS = ("predict", "predict_proba", "decision_function")
EDGES = rows_of(np.concatenate([X, at_the_edges(X, [(i % 5, float(X[i, i % 5])) for i in range(40)])]))


def logistic() -> Any:
    return pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())


def forest() -> Any:
    return ensemble.RandomForestClassifier(15, max_depth=5, random_state=0)


def boosted() -> Any:
    return xgboost.XGBClassifier(n_estimators=10, n_jobs=1)


def members() -> list[tuple[str, Any]]:
    return [("a", logistic()), ("b", forest()), ("c", ensemble.GradientBoostingClassifier(n_estimators=10))]


def regressors() -> list[tuple[str, Any]]:
    return [
        ("a", linear_model.Ridge()),
        ("b", ensemble.RandomForestRegressor(10, max_depth=4, random_state=0)),
        ("c", xgboost.XGBRegressor(n_estimators=10, n_jobs=1)),
    ]


def calibrated(method: str, make: Callable[[], Any], together: bool) -> Callable[[], Any]:
    return lambda: calibration.CalibratedClassifierCV(make(), method=method, ensemble=together, cv=3)


CALIBRATED: Mapping[str, Callable[[], Any]] = {
    f"{method}, {name}, {'each fold' if together else 'one'}": calibrated(method, make, together)
    for method in ("sigmoid", "isotonic", "temperature")
    for name, make in (("scores", svm.LinearSVC), ("shares", forest), ("single floats", boosted))
    for together in (True, False)
}
CLASSIFIERS: Mapping[str, Callable[[], Any]] = {
    **CALIBRATED,
    "voting by shares": lambda: ensemble.VotingClassifier(members(), voting="soft"),
    "voting by weighted shares": lambda: ensemble.VotingClassifier(members(), voting="soft", weights=[1, 2, 0.5]),
    "voting by single floats": lambda: ensemble.VotingClassifier([("a", boosted()), ("b", boosted())], voting="soft"),
    "voting by labels": lambda: ensemble.VotingClassifier(members()),
    "voting by weighted labels": lambda: ensemble.VotingClassifier(members(), weights=[0.3, 0.3, 0.5]),
    "stacked": lambda: ensemble.StackingClassifier([*members(), ("s", svm.LinearSVC())], cv=3),
    "stacked labels": lambda: ensemble.StackingClassifier(members(), cv=3, stack_method="predict"),
    "stacked beside the columns": lambda: ensemble.StackingClassifier(members(), cv=3, passthrough=True),
    "bagged trees": lambda: ensemble.BaggingClassifier(n_estimators=20, max_features=0.6, random_state=0),
    "bagged models": lambda: ensemble.BaggingClassifier(logistic(), n_estimators=4, max_features=0.6, random_state=0),
    "bagged labels": lambda: ensemble.BaggingClassifier(svm.LinearSVC(), n_estimators=5, random_state=0),
    "boosted stumps": lambda: ensemble.AdaBoostClassifier(n_estimators=20),
    "boosted trees": lambda: ensemble.AdaBoostClassifier(tree.DecisionTreeClassifier(max_depth=3), n_estimators=10),
    "boosted models": lambda: ensemble.AdaBoostClassifier(linear_model.LogisticRegression(), n_estimators=5),
    "a search": lambda: model_selection.GridSearchCV(logistic(), {"logisticregression__C": [0.1, 1]}, cv=3),
    "a search by chance": lambda: model_selection.RandomizedSearchCV(forest(), {"max_depth": [2, 4]}, n_iter=2, cv=3),
}
REGRESSORS: Mapping[str, Callable[[], Any]] = {
    "voting": lambda: ensemble.VotingRegressor(regressors()),
    "voting with weights": lambda: ensemble.VotingRegressor(regressors(), weights=[1, 2, 3]),
    "stacked": lambda: ensemble.StackingRegressor(regressors(), cv=3),
    "stacked beside the columns": lambda: ensemble.StackingRegressor(regressors(), cv=3, passthrough=True),
    "bagged trees": lambda: ensemble.BaggingRegressor(n_estimators=20, max_features=0.5, random_state=0),
    "bagged models": lambda: ensemble.BaggingRegressor(linear_model.Ridge(), max_features=0.5, random_state=0),
    "boosted": lambda: ensemble.AdaBoostRegressor(n_estimators=15, random_state=0),
    "a logarithm": lambda: compose.TransformedTargetRegressor(
        linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1
    ),
    "a logarithm of a forest": lambda: compose.TransformedTargetRegressor(
        ensemble.RandomForestRegressor(10, random_state=0), func=np.log, inverse_func=np.exp
    ),
    **{
        f"a target behind {name}": lambda scaler=scaler: compose.TransformedTargetRegressor(
            linear_model.Ridge(), transformer=scaler()
        )
        for name, scaler in (
            ("a mean", preprocessing.StandardScaler),
            ("a median", preprocessing.RobustScaler),
            ("its ends", preprocessing.MinMaxScaler),
            ("its largest", preprocessing.MaxAbsScaler),
        )
    },
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_classifier_says_the_same(tmp_path: Path, kind: str, classes: int) -> None:
    single = "single floats" in kind
    model = CLASSIFIERS[kind]().fit(X, THREE if classes == 3 else FLAGS if single else TWO)
    methods = [method for method in METHODS if hasattr(model, method)]
    both = pair(onnx, model, tmp_path, doubles(5), methods, matrix)
    for method in methods:
        # a logarithm in float32 differs in its last bit from library to library
        agree(both, method, EDGES, close=1e-5 if "temperature, single" in kind else 1e-11)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_says_the_same(tmp_path: Path, kind: str) -> None:
    model = REGRESSORS[kind]().fit(X, AMOUNTS)
    agree(pair(onnx, model, tmp_path, doubles(5), ["predict"], matrix), "predict", EDGES)


THRESHOLDS: Mapping[str, Callable[[], Any]] = {
    "found": lambda: model_selection.TunedThresholdClassifierCV(forest(), cv=3),
    "given": lambda: model_selection.FixedThresholdClassifier(forest(), threshold=0.3),
    "given for the first label": lambda: model_selection.FixedThresholdClassifier(forest(), threshold=0.3, pos_label=0),
    "of a score": lambda: model_selection.FixedThresholdClassifier(svm.LinearSVC(), threshold=0.2, pos_label=0),
    "none": lambda: model_selection.FixedThresholdClassifier(forest()),
}


@pytest.mark.parametrize("kind", THRESHOLDS)
def test_a_limit_of_ones_own_decides_the_label(tmp_path: Path, kind: str) -> None:
    model = THRESHOLDS[kind]().fit(X, FLAGS)
    both = pair(onnx, model, tmp_path, doubles(5), ["predict"], matrix)
    agree(both, "predict", EDGES)
    assert len(set(both.asked("predict", EDGES))) == 2


FUNCTIONS = [
    "absolute",
    "cos",
    "exp",
    "expm1",
    "log10",
    "log1p",
    "log2",
    "log",
    "negative",
    "reciprocal",
    "sin",
    "sqrt",
]


@pytest.mark.parametrize("name", [*FUNCTIONS, "square", "tanh"])
def test_a_function_of_numpys_is_one_of_the_graph(tmp_path: Path, name: str) -> None:
    small = np.abs(X) / 10 ** np.arange(0, 20, 4)
    signs = X if name in ("absolute", "negative", "square", "expm1", "tanh") else np.abs(X)
    model = preprocessing.FunctionTransformer(getattr(np, name)).fit(X)
    both = pair(onnx, model, tmp_path, doubles(5), ["transform"], matrix)
    agree(both, "transform", rows_of(np.concatenate([signs / 10 + 1e-9, small + 1e-18])), close=1e-13)


def test_a_function_that_is_not_known_is_named() -> None:
    model = preprocessing.FunctionTransformer(np.deg2rad).fit(X)
    with pytest.raises(ValueError, match="the function deg2rad"):
        onnx.convert(model, doubles(5), ["transform"])


@pytest.mark.parametrize("kind", ["isotonic, shares, each fold", "stacked", "voting by labels", "boosted stumps"])
def test_the_proof_of_a_build_finds_them_equal(tmp_path: Path, kind: str) -> None:
    model = CLASSIFIERS[kind]().fit(X, TWO)
    proof = proved(model, [*EDGES[:40]], "onnx", tmp_path)
    assert not isinstance(proof, str), proof
    assert proof.equal


def test_the_proof_refuses_a_curve_that_is_moved_by_little(tmp_path: Path) -> None:
    model = CALIBRATED["isotonic, shares, each fold"]().fit(X, TWO)
    proof = proved(model, [*EDGES[:40]], "onnx", tmp_path, sabotage=moved)
    assert not isinstance(proof, str), proof
    assert not proof.equal


def moved(data: bytes) -> bytes:
    """The file with the points of one curve a millionth further on."""
    file = proto.load_from_string(data)
    given = next(n for n in file.graph.node if n.op_type == "Sub" and n.input[1].startswith("t")).input[1]
    gather = next(n for n in file.graph.node if given in n.output)
    starts = next(c for c in file.graph.initializer if c.name == gather.input[0])
    starts.CopyFrom(proto.numpy_helper.from_array(proto.numpy_helper.to_array(starts) + 1e-6, starts.name))
    return bytes(file.SerializeToString())


def test_an_ensemble_is_tried_though_it_holds_models_that_another_optimiser_knows() -> None:
    spec = ModelSpec(
        flavor="sklearn",
        class_name="sklearn.ensemble._voting.VotingClassifier",
        types=("sklearn.linear_model._logistic.LogisticRegression", "sklearn.ensemble._forest.RandomForestClassifier"),
        file="model.joblib",
        serializer="joblib",
    )
    assert candidates(Optimize(), spec) == ("onnx",)
