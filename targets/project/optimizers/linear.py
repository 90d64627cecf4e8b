"""Linear models behind scalers, as the few sums of numpy that they are: no model library, no pickle.

The sums are scikit-learn's own, in its order, so that they agree to the last bit where numpy's do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import exp, isfinite
from pathlib import Path
from typing import Any  # scikit-learn has no types of its own: what a model holds is looked at, not known

import msgspec
import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from ..template.schema import Label, Row, Score

REQUIREMENTS = ("numpy",)
CONVERTERS = ()
FILE = "linear.json"
RANK = 10
FLAVORS = ("sklearn",)
CLASSES = (
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.MaxAbsScaler",
    "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.RobustScaler",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.linear_model._base.LinearRegression",
    "sklearn.linear_model._bayes.ARDRegression",
    "sklearn.linear_model._bayes.BayesianRidge",
    "sklearn.linear_model._coordinate_descent.ElasticNet",
    "sklearn.linear_model._coordinate_descent.ElasticNetCV",
    "sklearn.linear_model._coordinate_descent.Lasso",
    "sklearn.linear_model._coordinate_descent.LassoCV",
    "sklearn.linear_model._huber.HuberRegressor",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._logistic.LogisticRegressionCV",
    "sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier",
    "sklearn.linear_model._passive_aggressive.PassiveAggressiveRegressor",
    "sklearn.linear_model._perceptron.Perceptron",
    "sklearn.linear_model._quantile.QuantileRegressor",
    "sklearn.linear_model._ridge.Ridge",
    "sklearn.linear_model._ridge.RidgeCV",
    "sklearn.linear_model._ridge.RidgeClassifier",
    "sklearn.linear_model._ridge.RidgeClassifierCV",
    "sklearn.linear_model._stochastic_gradient.SGDClassifier",
    "sklearn.linear_model._stochastic_gradient.SGDRegressor",
    "sklearn.linear_model._theil_sen.TheilSenRegressor",
    "sklearn.svm._classes.LinearSVC",
    "sklearn.svm._classes.LinearSVR",
)
FORMS = {1: ("two classes", "softmax of two"), 2: ("softmax", "each class")}
"""From scores to probabilities, by the dimensions of the scores."""


class Step(msgspec.Struct, frozen=True):
    """One step on all columns: subtract, divide, multiply, add, clip to the two values, or take only what is finite."""

    name: str
    values: list[float]


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The whole model: what is done to the columns, then the product with the weights of each score."""

    dtype: str
    by_column: bool
    """Whether the numbers of a column lie side by side, as in a table: a product adds in another order then."""
    steps: list[Step]
    weights: list[list[float]]
    """A row for each score, or one alone where the model answers with a single number."""
    single: bool
    bias: list[float]
    labels: list[str | int | float | bool]
    """Of a classifier, in the order of its scores; of two classes there is one score."""
    form: str
    """How scores become probabilities: one of FORMS, or empty."""


class Model:
    """The compiled model: typed rows in, plain Python values out."""

    def __init__(self, path: Path) -> None:
        self._sums = sums = msgspec.json.decode(path.read_bytes(), type=Sums)
        self._steps = [(step.name, np.array(step.values, dtype=sums.dtype)) for step in sums.steps]
        self._dtype = np.dtype(sums.dtype)
        self._by_column = sums.by_column
        self._weights = np.array(sums.weights[0]) if sums.single else np.array(sums.weights).T
        self._bias = np.array(sums.bias[0] if sums.single else sums.bias)

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        scores = self._scores(rows)
        labels = self._sums.labels
        if not labels:
            numbers: list[Label] = scores.tolist()
            return numbers
        if scores.ndim == 1:
            return [labels[score > 0] for score in scores.tolist()]
        return [labels[i] for i in scores.argmax(axis=1).tolist()]

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        return probable(self._scores(rows), self._sums.form)

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        values: list[Score] = self._scores(rows).tolist()
        return values

    def _scores(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """One number a row or several; ValueError where scikit-learn takes no such numbers."""
        x = self._table(rows)
        for name, values in self._steps:
            x = changed(x, name, values)
        scores: NDArray[np.float64] = x @ self._weights + self._bias
        if scores.ndim == 2 and scores.shape[1] == 1 and self._sums.labels:
            scores = scores.reshape(-1)
        if not all(map(isfinite, scores.ravel().tolist())):
            refuse(x)
        return scores

    def _table(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        if self._by_column and len(rows) > 1:
            table: NDArray[np.float64] = np.array([*zip(*map(astuple, rows), strict=True)], self._dtype).T
            return table
        return np.array([astuple(row) for row in rows], self._dtype)


def refuse(x: NDArray[np.float64]) -> None:
    """ValueError for what is infinite or not a number."""
    if not np.isfinite(x).all():
        raise ValueError("the model does not take what is infinite or not a number")


def changed(x: NDArray[np.float64], name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a step of that name makes of the columns."""
    match name:
        case "subtract":
            return x - values
        case "divide":
            return x / values
        case "multiply":
            return x * values
        case "add":
            return x + values
        case "clip":
            return np.clip(x, values[0], values[1])
    refuse(x)
    return x


def probable(scores: NDArray[np.float64], form: str) -> list[list[float]]:
    """The probability of each class, by one of FORMS."""
    match form:
        case "two classes":
            ones = [sigmoid(score) for score in scores.tolist()]
            return [[1 - one, one] for one in ones]
        case "each class":
            rows = [[sigmoid(score) for score in row] for row in scores.tolist()]
            return [[one / sum(row) for one in row] if any(row) else [1 / len(row)] * len(row) for row in rows]
        case "softmax of two":
            scores = np.stack([-scores, scores], axis=1)
    powers = np.exp(scores - scores.max(axis=1).reshape(-1, 1))
    values: list[list[float]] = (powers / powers.sum(axis=1).reshape(-1, 1)).tolist()
    return values


def sigmoid(score: float) -> float:
    """As scipy counts it: numpy's exponential differs in the last bit."""
    return 1 / (1 + exp(-score)) if score > -709 else 0.0


def convert(model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str]) -> bytes:
    """The model as the bytes of FILE; ValueError says why it has no such form."""
    for name, kind, _ in columns:
        if kind not in ("boolean", "integer", "long", "float", "double"):
            raise ValueError(f"column {name} is of type {kind}")
    *scalers, final = parts(model)
    sums = Sums(
        # of single floats alone scikit-learn makes single floats
        dtype="float32" if {kind for _, kind, _ in columns} == {"float"} else "float64",
        by_column=hasattr(model, "feature_names_in_"),
        steps=[step for scaler in scalers for step in scaled(scaler)],
        weights=np.atleast_2d(final.coef_).tolist(),
        single=final.coef_.ndim == 1,
        bias=np.atleast_1d(final.intercept_).tolist(),
        labels=final.classes_.tolist() if hasattr(final, "classes_") else [],
        form=form_of(final) if "predict_proba" in methods else "",
    )
    if len(sums.bias) != len(sums.weights):
        sums = msgspec.structs.replace(sums, bias=sums.bias * len(sums.weights))
    numbers = [*sums.bias, *(value for row in sums.weights for value in row)]
    if not all(map(isfinite, [*numbers, *(value for step in sums.steps for value in step.values)])):
        raise ValueError("it holds numbers that are infinite or not numbers")
    return msgspec.json.encode(sums)


def parts(model: object) -> list[Any]:
    """The steps of a pipeline, or the model alone; ValueError for what is neither a known scaler nor a linear model."""
    steps = [step for _, step in getattr(model, "steps", [("", model)]) if step not in (None, "passthrough")]
    for step in steps[:-1]:
        if type(step).__name__ not in SCALERS:
            raise ValueError(f"it has a step {type(step).__name__}")
    if not steps or not hasattr(steps[-1], "coef_"):
        raise ValueError(f"a {type(steps[-1] if steps else model).__name__} is no linear model")
    return steps


def scaled(scaler: Any) -> Iterator[Step]:
    return SCALERS[type(scaler).__name__](scaler)


def standard(scaler: Any) -> Iterator[Step]:
    if scaler.with_mean:
        yield Step("subtract", scaler.mean_.tolist())
    if scaler.with_std:
        yield Step("divide", scaler.scale_.tolist())


def robust(scaler: Any) -> Iterator[Step]:
    if scaler.with_centering:
        yield Step("subtract", scaler.center_.tolist())
    if scaler.with_scaling:
        yield Step("divide", scaler.scale_.tolist())


def min_max(scaler: Any) -> Iterator[Step]:
    # what is infinite would come out of it as any other number
    yield from [Step("take", [])] if scaler.clip else []
    yield Step("multiply", scaler.scale_.tolist())
    yield Step("add", scaler.min_.tolist())
    if scaler.clip:
        yield Step("clip", [float(limit) for limit in scaler.feature_range])


def max_abs(scaler: Any) -> Iterator[Step]:
    clips = getattr(scaler, "clip", False)
    yield from [Step("take", [])] if clips else []
    yield Step("divide", scaler.scale_.tolist())
    if clips:
        yield Step("clip", [-1.0, 1.0])


SCALERS: dict[str, Callable[[Any], Iterator[Step]]] = {
    "StandardScaler": standard,
    "RobustScaler": robust,
    "MinMaxScaler": min_max,
    "MaxAbsScaler": max_abs,
}


def form_of(final: Any) -> str:
    """How this model makes probabilities: versions and parameters of scikit-learn differ, so it is tried."""
    rows = np.linspace(-2, 2, 5 * final.coef_.shape[1]).reshape(5, -1)
    scores, wanted = final.decision_function(rows), final.predict_proba(rows)
    for form in FORMS[scores.ndim]:
        if np.allclose(probable(scores, form), wanted, rtol=1e-12, atol=1e-15):
            return form
    raise ValueError(f"how a {type(final).__name__} makes probabilities of its scores is not known")
