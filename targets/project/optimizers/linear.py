"""Linear models as the few sums that they are, behind scalers, imputers and encoders: no model library, no pickle.

The sums are scikit-learn's own, in its order, so that they agree to the last bit where numpy's do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, isfinite
from operator import add
from pathlib import Path
from typing import Literal, cast

import msgspec
import numpy as np
from msgspec.structs import astuple

from ..template.schema import Label, Row, Score
from ..template.sums import Bins, Cell, Choice, Columns, Floats, Given, Numbers, chooser, refuse
from ..template.words import Words, readers, worded, write

REQUIREMENTS = ("numpy",)
CONVERTERS = ()
FILE = "linear.json"
RANK = 10
FLAVORS = ("sklearn",)
CLASSES = (
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.feature_extraction.text.CountVectorizer",
    "sklearn.feature_extraction.text.TfidfTransformer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.feature_selection._from_model.SelectFromModel",
    "sklearn.feature_selection._rfe.RFE",
    "sklearn.feature_selection._univariate_selection.SelectKBest",
    "sklearn.feature_selection._univariate_selection.SelectPercentile",
    "sklearn.feature_selection._variance_threshold.VarianceThreshold",
    "sklearn.impute._base.SimpleImputer",
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
    "sklearn.model_selection._search.GridSearchCV",
    "sklearn.model_selection._search.RandomizedSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    "sklearn.naive_bayes.BernoulliNB",
    "sklearn.naive_bayes.ComplementNB",
    "sklearn.naive_bayes.MultinomialNB",
    "sklearn.pipeline.FeatureUnion",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.MaxAbsScaler",
    "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.RobustScaler",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._discretization.KBinsDiscretizer",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.preprocessing._target_encoder.TargetEncoder",
    "sklearn.svm._classes.LinearSVC",
    "sklearn.svm._classes.LinearSVR",
)


FEW = 4
"""So many scores of a sparse table are added up number by number; of more, numpy's calls cost less."""


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The whole model: what is made of a row's columns, then the product with the weights of each score."""

    table: list[float]
    """A row of the table before anything is put into it."""
    parts: list[Numbers | Choice | Bins]
    words: list[Words]
    dtype: str
    by_column: bool
    """Whether the numbers of a column lie side by side, as in a table: a product adds in another order then."""
    sparse: bool
    """Whether the table is so to scikit-learn, which then adds what is in a row from left to right."""
    weights: list[list[float]]
    """A row for each score, or one alone where the model answers with a single number."""
    weights_dtype: str
    weights_by_column: bool
    single: bool
    bias: list[float]
    labels: list[str | int | float | bool]
    """Of a classifier, in the order of its scores; of two classes there is one score."""
    form: str
    """How scores become probabilities, as `probable` knows it, or empty."""


class Model:
    """The compiled model: typed rows in, plain Python values out."""

    def __init__(self, path: Path) -> None:
        sums = msgspec.json.decode(path.read_bytes(), type=Sums)
        # of which type labels and scores are, the service's own types say
        self._labels, self._form = cast(list[Label], sums.labels), sums.form
        self._scores = Sparse(sums).scores if sums.sparse else Dense(sums).scores

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        labels = self._labels
        if labels:
            return [labels[best(score) if isinstance(score, list) else score > 0] for score in self._scores(rows)]
        return cast(list[Label], self._scores(rows))

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        return probable(self._scores(rows), self._form)

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        return cast(list[Score], self._scores(rows))


class Dense:
    """One number a row, or several, from a product of the whole table."""

    def __init__(self, sums: Sums) -> None:
        self._table: Floats = np.array(sums.table, sums.dtype)
        self._order: Literal["F", "C"] = "F" if sums.by_column else "C"
        self._columns = [Columns(part, self._order) for part in sums.parts if isinstance(part, Numbers)]
        self._choices = [(part.column, chooser(part)) for part in sums.parts if not isinstance(part, Numbers)]
        alone = len(sums.parts) == len(self._columns) == 1 and self._columns[0].place == slice(0, len(self._table))
        self._only = self._columns[0] if alone else None
        self._words = readers(sums.words)
        weights = np.array(sums.weights, sums.weights_dtype, order="F" if sums.weights_by_column else "C")
        self._weights = weights[0] if sums.single else weights.T
        self._bias = np.array(sums.bias[0] if sums.single else sums.bias, sums.weights_dtype)
        self._flat = sums.single or (len(weights) == 1 and bool(sums.labels))
        self._singles = self._weights.dtype == self._table.dtype == np.float64
        self._line, self._first_bias = weights[0], sums.bias[0]

    def scores(self, rows: Sequence[Row]) -> list[float | list[float]]:
        """ValueError where scikit-learn takes no such row."""
        if len(rows) == 1 and self._singles:
            return [self._score(astuple(rows[0]))]
        x = self._filled([astuple(row) for row in rows])
        scores = x @ self._weights + self._bias
        if self._flat:
            scores = scores.reshape(-1)
        if not all(map(isfinite, scores.ravel().tolist())):
            refuse(x)
        found: list[float | list[float]] = scores.tolist()
        return found

    def _score(self, values: tuple[Given, ...]) -> float | list[float]:
        """The same for one row, where each call of numpy costs more than its sums."""
        x = self._only.one(values) if self._only else self._row(values)
        if self._flat:
            score: float = float(x.dot(self._line)) + self._first_bias
            if not isfinite(score):
                refuse(x)
            return score
        scores: list[float] = (x.dot(self._weights) + self._bias).tolist()
        if not all(map(isfinite, scores)):
            refuse(x)
        return scores

    def _row(self, values: tuple[Given, ...]) -> Floats:
        x: Floats = self._table.copy()
        for columns in self._columns:
            x[columns.place] = columns.one(values)
        for column, choose in self._choices:
            if cell := choose(values[column]):
                x[cell[0]] = cell[1]
        write(self._words, [values], x[np.newaxis])
        return x

    def _filled(self, rows: Sequence[tuple[Given, ...]]) -> Floats:
        if self._only:
            return self._only.all(rows)
        x = np.empty((len(rows), len(self._table)), self._table.dtype, self._order)
        x[:] = self._table
        for columns in self._columns:
            x[:, columns.place] = columns.all(rows)
        for column, choose in self._choices:
            for i, row in enumerate(rows):
                if cell := choose(row[column]):
                    x[i, cell[0]] = cell[1]
        write(self._words, rows, x)
        return x


class Sparse:
    """One number a row, or several, added from left to right over what is in a row."""

    def __init__(self, sums: Sums) -> None:
        self._parts = [
            Columns(part, "C") if isinstance(part, Numbers) else (part.column, chooser(part)) for part in sums.parts
        ]
        self._words = readers(sums.words)
        self._bias, self._totals = sums.bias, adder(sums.weights)
        self._flat = sums.single or (len(sums.weights) == 1 and bool(sums.labels))

    def scores(self, rows: Sequence[Row]) -> list[float | list[float]]:
        """ValueError where scikit-learn takes no such row."""
        return [self._score(astuple(row)) for row in rows]

    def _score(self, values: tuple[Given, ...]) -> float | list[float]:
        cells: list[Cell] = []
        for part in self._parts:
            if isinstance(part, Columns):
                cells += enumerate(part.one(values).tolist(), part.place.start)
            elif cell := part[1](values[part[0]]):
                cells.append(cell)
        cells = sorted([*cells, *worded(self._words, values)])
        scores = [*map(add, self._totals(cells), self._bias)]
        if not all(map(isfinite, scores)):
            refuse(np.array([number for _, number in cells]))
        return scores[0] if self._flat else scores


def adder(weights: Sequence[Sequence[float]]) -> Callable[[Sequence[Cell]], list[float]]:
    """What adds up a row's cells, once for each row of weights."""
    if len(weights) <= FEW:
        return lambda cells: [total(cells, each) for each in weights]
    table: Floats = np.array(weights).T.copy()

    def totals(cells: Sequence[Cell]) -> list[float]:
        numbers = np.array([number for _, number in cells])[:, np.newaxis]
        found: list[float] = (numbers * table[[place for place, _ in cells]]).sum(axis=0).tolist()
        return found

    return totals


def total(cells: Sequence[Cell], weights: Sequence[float]) -> float:
    """One number after the other: `sum` adds more exactly than scikit-learn does."""
    found = 0.0
    for column, number in cells:
        found += number * weights[column]
    return found


def best(scores: Sequence[float]) -> int:
    """The place of the highest score, the first one of several."""
    return int(np.argmax(scores))


def probable(scores: Sequence[float | list[float]], form: str) -> list[list[float]]:
    """The probability of each class, by the form that the model has."""
    if form == "two classes":
        ones = [sigmoid(score) for score in np.array(scores).tolist()]
        return [[1 - one, one] for one in ones]
    if form == "each class":
        return [shared([sigmoid(score) for score in row]) for row in np.array(scores).tolist()]
    table = np.array(scores)
    if form == "softmax of two":
        table = np.stack([-table, table], axis=1)
    powers = np.exp(table - table.max(axis=1).reshape(-1, 1))
    values: list[list[float]] = (powers / powers.sum(axis=1).reshape(-1, 1)).tolist()
    return values


def shared(ones: list[float]) -> list[float]:
    """Numbers that add up to one, as those are to each other; all the same where they are nothing."""
    whole = sum(ones)
    return [one / whole for one in ones] if whole else [1 / len(ones)] * len(ones)


def sigmoid(score: float) -> float:
    """As scipy counts it: numpy's exponential differs in the last bit."""
    return 1 / (1 + exp(-score)) if score > -709 else 0.0


def convert(model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str]) -> bytes:
    """The model as the bytes of FILE; ValueError says why it has no such form."""
    from ..conversion.sums import converted

    return converted(model, columns, methods, probable)
