"""Estimators and pipelines of scikit-learn say the same when they are compiled to ONNX, and refuse the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("sklearn")

from deployc.targets.project.optimizers import onnx  # noqa: E402 - what it imports may be missing
from sklearn import (  # noqa: E402
    cluster,
    compose,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    impute,
    linear_model,
    multiclass,
    multioutput,
    naive_bayes,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)

from .comparing import Row, agree, at_the_edges, doubles, matrix, pair, rows_of  # noqa: E402

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(11)
COUNT = 500
X = (RANDOM.normal(size=(COUNT, 6)) * [1, 10, 0.1, 5, 1000, 2]).round(3)
SCORE = X[:, 0] + X[:, 1] / 10 - X[:, 4] / 1000 + RANDOM.normal(size=COUNT) / 2
TWO = np.where(SCORE > 0, "yes", "no")
THREE = np.digitize(SCORE, [-1, 1])
METHODS = ("predict", "predict_proba", "decision_function", "transform")


def piped(*steps: Any) -> Any:
    return pipeline.make_pipeline(*steps)


scaler, logistic = preprocessing.StandardScaler, linear_model.LogisticRegression
CLASSIFIERS: Mapping[str, Callable[[], Any]] = {
    "logistic": lambda: piped(scaler(), logistic()),
    "logistic, each against the rest": lambda: piped(scaler(), linear_model.SGDClassifier(loss="log_loss")),
    "modified huber": lambda: piped(scaler(), linear_model.SGDClassifier(loss="hinge", random_state=0)),
    "support vectors": lambda: piped(preprocessing.MinMaxScaler(clip=True), svm.LinearSVC()),
    "ridge": lambda: piped(preprocessing.MaxAbsScaler(), linear_model.RidgeClassifier()),
    "perceptron": lambda: piped(preprocessing.RobustScaler(), linear_model.Perceptron()),
    "boosting": lambda: ensemble.GradientBoostingClassifier(n_estimators=30, random_state=0),
    "discriminants": lambda: discriminant_analysis.LinearDiscriminantAnalysis(),
    "normal distributions": lambda: naive_bayes.GaussianNB(),
    "histograms": lambda: ensemble.HistGradientBoostingClassifier(max_iter=30, random_state=0),
    "a forest behind a scaler": lambda: piped(scaler(), ensemble.RandomForestClassifier(20, random_state=0)),
    "a network": lambda: piped(scaler(), neural_network.MLPClassifier(hidden_layer_sizes=(8, 5), max_iter=80)),
    "components": lambda: piped(scaler(), decomposition.PCA(3, whiten=True), logistic()),
    "products": lambda: piped(scaler(), preprocessing.PolynomialFeatures(3), logistic(max_iter=500)),
    "chosen columns": lambda: piped(feature_selection.SelectKBest(k=3), scaler(), logistic()),
    "norms": lambda: piped(preprocessing.Normalizer(), logistic()),
    "chosen by a tree": lambda: piped(feature_selection.SelectFromModel(tree.DecisionTreeClassifier()), logistic()),
    "quadratic discriminants": lambda: discriminant_analysis.QuadraticDiscriminantAnalysis(),
    "yes or no": lambda: naive_bayes.BernoulliNB(binarize=0.3),
    "counts": lambda: piped(preprocessing.MinMaxScaler(), naive_bayes.MultinomialNB()),
    "counts of all others": lambda: piped(preprocessing.MinMaxScaler(), naive_bayes.ComplementNB()),
    "one against the rest, by scores": lambda: piped(scaler(), multiclass.OneVsRestClassifier(svm.LinearSVC())),
    "one against the rest, by chances": lambda: multiclass.OneVsRestClassifier(
        ensemble.RandomForestClassifier(10, max_depth=5, random_state=0)
    ),
    "normal by powers": lambda: piped(preprocessing.PowerTransformer(), logistic()),
    "positive by powers": lambda: piped(
        preprocessing.MinMaxScaler((1, 2)), preprocessing.PowerTransformer("box-cox", standardize=False), logistic()
    ),
    "bins": lambda: piped(preprocessing.KBinsDiscretizer(4), logistic(max_iter=500)),
    "bins by number": lambda: piped(preprocessing.KBinsDiscretizer(3, encode="ordinal"), naive_bayes.GaussianNB()),
    "above a limit": lambda: piped(preprocessing.Binarizer(threshold=0.2), tree.DecisionTreeClassifier(max_depth=4)),
    "distances from centres": lambda: piped(scaler(), cluster.KMeans(7, n_init=1), logistic()),
}
REGRESSORS: Mapping[str, Callable[[], Any]] = {
    "least squares": linear_model.LinearRegression,
    "ridge": lambda: piped(scaler(), linear_model.Ridge()),
    "lasso": lambda: linear_model.Lasso(0.1),
    "support vectors": lambda: piped(scaler(), svm.LinearSVR()),
    "boosting": lambda: ensemble.GradientBoostingRegressor(n_estimators=30, random_state=0),
    "histograms": lambda: ensemble.HistGradientBoostingRegressor(max_iter=30, random_state=0),
    "a network": lambda: piped(
        scaler(), neural_network.MLPRegressor(hidden_layer_sizes=7, activation="tanh", max_iter=80)
    ),
    "counts": lambda: piped(scaler(), linear_model.PoissonRegressor()),
    "vectors": lambda: piped(scaler(), svm.SVR()),
    "vectors, some of them": lambda: piped(scaler(), svm.NuSVR(kernel="poly")),
    "histograms of counts": lambda: ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=20),
}


def edges(model: Any, values: Any) -> Any:
    """Rows around the thresholds of the model's own trees, where it has any."""
    found = [
        (int(node["feature_idx" if "feature_idx" in node.dtype.names else "feature"]), float(node[threshold]))
        for nodes, threshold in _nodes(model)
        for node in nodes[::7]
    ]
    return np.concatenate([values, at_the_edges(values, found)]) if found else values


def _nodes(model: Any) -> Any:
    for stage in getattr(model, "_predictors", []):
        yield from ((one.nodes[one.nodes["is_leaf"] == 0], "num_threshold") for one in stage)
    for one in np.ravel(getattr(model, "estimators_", [])):
        nodes = one.tree_.__getstate__()["nodes"]
        yield nodes[nodes["left_child"] >= 0], "threshold"


@pytest.mark.parametrize("labels", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_classifier_says_the_same(tmp_path: Path, kind: str, labels: Any) -> None:
    model = CLASSIFIERS[kind]().fit(X, labels)
    methods = [method for method in METHODS[:-1] if hasattr(model, method)]
    both, rows = pair(onnx, model, tmp_path, doubles(6), methods, matrix), rows_of(edges(model, X))
    for method in methods:
        agree(both, method, rows)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_regressor_says_the_same(tmp_path: Path, kind: str) -> None:
    model = REGRESSORS[kind]().fit(X, np.exp(SCORE / 10))
    agree(pair(onnx, model, tmp_path, doubles(6), ["predict"], matrix), "predict", rows_of(edges(model, X)))


@pytest.mark.parametrize(
    "last", [linear_model.Ridge(), multioutput.MultiOutputRegressor(ensemble.GradientBoostingRegressor(n_estimators=5))]
)
def test_several_targets_are_answered_with_a_list(tmp_path: Path, last: Any) -> None:
    model = piped(scaler(), last).fit(X, X[:, :2] ** 2)
    agree(pair(onnx, model, tmp_path, doubles(6), ["predict"], matrix), "predict", rows_of(X))


VECTORS: Mapping[str, Callable[[], Any]] = {
    "by distances": svm.SVC,
    "by products": lambda: svm.SVC(kernel="poly", degree=2, coef0=1.0),
    "by angles": lambda: svm.SVC(kernel="sigmoid"),
    "plain": lambda: svm.SVC(kernel="linear"),
    "some of them": lambda: svm.NuSVC(nu=0.3),
}


@pytest.mark.parametrize("kind", VECTORS)
def test_vectors_tell_two_classes_apart_alike(tmp_path: Path, kind: str) -> None:
    model = piped(scaler(), VECTORS[kind]()).fit(X, TWO)
    both = pair(onnx, model, tmp_path, doubles(6), ["predict", "decision_function"], matrix)
    agree(both, "predict", rows_of(X))
    agree(both, "decision_function", rows_of(X))


@pytest.mark.parametrize("far", [1e30, 1e160, 1e300])
def test_a_row_as_far_as_numbers_go_is_like_no_vector(tmp_path: Path, far: float) -> None:
    model = svm.SVC().fit(X, TWO)
    both = pair(onnx, model, tmp_path, doubles(6), ["predict", "decision_function"], matrix)
    away = X[:9].copy()
    away[:, 2] = far
    agree(both, "decision_function", rows_of(away))
    agree(both, "predict", rows_of(away))


def test_vectors_learnt_from_sparse_rows_say_the_same(tmp_path: Path) -> None:
    encoder = preprocessing.KBinsDiscretizer(5, encode="onehot")
    model = piped(encoder, svm.SVC()).fit(X, TWO)
    both = pair(onnx, model, tmp_path, doubles(6), ["predict", "decision_function"], matrix)
    for method in ("predict", "decision_function"):
        agree(both, method, rows_of(X))


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_powers_refuse_what_the_original_refuses(tmp_path: Path, value: float) -> None:
    model = preprocessing.PowerTransformer("box-cox").fit(np.abs(X) + 1)
    both = pair(onnx, model, tmp_path, doubles(6), ["transform"], matrix)
    refused = both.refusals("transform", rows_of([[1, 2, value, 4, 5, 6]])[0])
    assert refused == (not np.isnan(value),) * 2


def test_votes_of_vectors_have_no_conversion() -> None:
    model = svm.SVC().fit(X, THREE)
    with pytest.raises(ValueError, match="no conversion of more than two classes"):
        onnx.convert(model, doubles(6), ["predict"])


def test_chances_of_vectors_have_no_conversion() -> None:
    model = svm.SVC(probability=True).fit(X, TWO)
    with pytest.raises(ValueError, match="there is no conversion of `predict_proba`"):
        onnx.convert(model, doubles(6), ["predict", "predict_proba"])


COLUMNS = [
    ("age", "long", False),
    ("income", "double", True),
    ("city", "string", True),
    ("plan", "string", False),
    ("member", "boolean", False),
]
NUMBERS, TEXTS = ["age", "income"], ["city", "plan"]


def frame(rows: Sequence[Row]) -> Any:
    """The rows as the service gives them to the original."""
    columns: dict[str, Any] = {}
    for name, kind, _ in COLUMNS:
        values = [np.nan if row[name] is None else row[name] for row in rows]
        columns[name] = np.array(values, {"long": "int64", "double": "float64", "boolean": "bool"}.get(kind, "object"))
    return pd.DataFrame(columns)


def customers(count: int = COUNT) -> list[dict[str, object]]:
    cities, plans = ["Oslo", "Bergen", "", "Ålesund", None], ["a", "b", "c"]
    return [
        {
            "age": int(RANDOM.integers(18, 90)),
            "income": None if RANDOM.random() < 0.2 else float(RANDOM.normal()),
            "city": cities[RANDOM.integers(len(cities))],
            "plan": plans[RANDOM.integers(len(plans))],
            "member": bool(RANDOM.random() < 0.5),
        }
        for _ in range(count)
    ]


ROWS = customers()
BOUGHT = [bool(row["member"]) or row["plan"] == "a" or RANDOM.random() < 0.3 for row in ROWS]


def filled() -> Any:
    return piped(impute.SimpleImputer(add_indicator=True), scaler())


ENCODERS: Mapping[str, Callable[[], Any]] = {
    "a column for each": lambda: preprocessing.OneHotEncoder(),
    "unknown ones ignored": lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"),
    "dense, without the first": lambda: preprocessing.OneHotEncoder(drop="first", sparse_output=False),
    "filled in": lambda: piped(impute.SimpleImputer(strategy="most_frequent"), preprocessing.OneHotEncoder()),
    "filled in with a text": lambda: piped(
        impute.SimpleImputer(strategy="constant", fill_value="none"), preprocessing.OneHotEncoder()
    ),
    "by the target": lambda: preprocessing.TargetEncoder(random_state=0),
    "numbered": lambda: piped(preprocessing.OrdinalEncoder(encoded_missing_value=-1)),
    "numbered, unknown ones too": lambda: preprocessing.OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    ),
}
FINAL: Mapping[str, Callable[[], Any]] = {
    "logistic": lambda: logistic(max_iter=1000),
    "forest": lambda: ensemble.RandomForestClassifier(20, max_depth=6, random_state=0),
}


def customer_model(encoder: str, final: str) -> Any:
    columns = compose.ColumnTransformer(
        [("numbers", filled(), NUMBERS), ("texts", ENCODERS[encoder](), TEXTS)], remainder="passthrough"
    )
    return pipeline.Pipeline([("columns", columns), ("final", FINAL[final]())]).fit(frame(ROWS), BOUGHT)


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_pipeline_of_numbers_and_texts_says_the_same(tmp_path: Path, encoder: str, final: str) -> None:
    model = customer_model(encoder, final)
    methods = [method for method in METHODS if hasattr(model, method)]
    both = pair(onnx, model, tmp_path, COLUMNS, methods, frame)
    for method in methods:
        agree(both, method, ROWS)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_same_rows_are_refused(tmp_path: Path, encoder: str) -> None:
    both = pair(onnx, customer_model(encoder, "logistic"), tmp_path, COLUMNS, ["predict"], frame)
    odd = [{"city": "Paris"}, {"plan": ""}, {"income": float("inf")}, {"city": None}, {"income": None}, {"age": 2**62}]
    for change in odd:
        refused, refuses = both.refusals("predict", ROWS[0] | change)
        assert refuses == refused, change
        if not refused:
            agree(both, "predict", [ROWS[0] | change])


@pytest.mark.parametrize("target", [RANDOM.integers(0, 3, COUNT), RANDOM.normal(size=COUNT)], ids=["classes", "amount"])
def test_categories_by_the_target_of_numbers_and_texts(tmp_path: Path, target: Any) -> None:
    encoder = preprocessing.TargetEncoder(random_state=0)
    columns = compose.ColumnTransformer([("c", encoder, [*TEXTS, "member"]), ("n", filled(), NUMBERS)])
    final = ensemble.RandomForestRegressor(10, max_depth=4, random_state=0)
    both = pair(onnx, piped(columns, final).fit(frame(ROWS), target), tmp_path, COLUMNS, ["predict"], frame)
    agree(both, "predict", [*ROWS, ROWS[0] | {"city": "Paris"}, ROWS[1] | {"plan": ""}])


def test_a_transformer_gives_its_columns(tmp_path: Path) -> None:
    model = compose.ColumnTransformer([("n", filled(), NUMBERS), ("t", ENCODERS["a column for each"](), TEXTS)])
    model.set_params(sparse_threshold=0).fit(frame(ROWS))
    agree(pair(onnx, model, tmp_path, COLUMNS, ["transform"], frame), "transform", ROWS)


def test_columns_of_float32_are_scaled_as_the_original_scales_them(tmp_path: Path) -> None:
    single = X.astype(np.float32)
    columns = [(f"x{i}", "float", False) for i in range(6)]
    for one in (scaler(), preprocessing.MinMaxScaler(), preprocessing.RobustScaler(), preprocessing.MaxAbsScaler()):
        both = pair(onnx, one.fit(single), tmp_path, columns, ["transform"], lambda r: matrix(r).astype(np.float32))
        original, answers = both.answers("transform", rows_of(X))
        assert answers == original


DATED = [("when", "datetime", True), *COLUMNS, ("photo", "binary", False)]


def dated(rows: Sequence[Row]) -> Any:
    """The rows with columns that have no place in a matrix of numbers."""
    return frame(rows).assign(when=[row["when"] for row in rows], photo=[row["photo"] for row in rows])


def test_columns_that_a_pipeline_drops_may_be_of_any_type(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"when": None if i % 7 == 0 else datetime(2026, 1, 1 + i % 28), **row, "photo": bytes([i % 256])}
        for i, row in enumerate(ROWS)
    ]
    numbers, texts = ("numbers", filled(), NUMBERS), ("texts", ENCODERS["a column for each"](), TEXTS)
    model = piped(compose.ColumnTransformer([numbers, texts, ("rest", "drop", ["photo"])]), logistic())
    model.fit(dated(rows), BOUGHT)
    agree(pair(onnx, model, tmp_path, DATED, ["predict", "predict_proba"], dated), "predict_proba", rows)


@pytest.mark.parametrize("part", ["passthrough", preprocessing.OneHotEncoder()], ids=["passed on", "encoded"])
def test_a_date_that_a_pipeline_looks_at_is_named(part: Any) -> None:
    table = pd.DataFrame({"age": [1, 2], "when": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    model = compose.ColumnTransformer([("dates", part, ["when"])]).fit(table)
    with pytest.raises(ValueError, match="the column `when` is of type datetime"):
        onnx.convert(model, [("age", "long", False), ("when", "datetime", False)], ["transform"])


def test_a_step_that_has_no_conversion_is_named() -> None:
    model = piped(preprocessing.SplineTransformer(), logistic()).fit(X, TWO)
    with pytest.raises(ValueError, match="there is no conversion of sklearn"):
        onnx.convert(model, doubles(6), ["predict"])
