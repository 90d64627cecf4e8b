"""The model as an ONNX graph for onnxruntime: what each library does to a row, to the same bits where it can be."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence
from contextlib import suppress
from math import nan
from pathlib import Path
from threading import local

import numpy as np
import onnxruntime
from msgspec.structs import astuple
from numpy.typing import NDArray

from ..template.schema import Label, Row, Score, Value

REQUIREMENTS = ("onnxruntime>=1.20", "numpy")
CONVERTERS = ("onnx>=1.17",)
UNTYPED = ("onnxruntime.*",)
FILE = "model.onnx"
RANK = 20
FLAVORS = ("catboost", "lightgbm", "sklearn", "xgboost")
CLASSES = (
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRegressor",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRanker",
    "lightgbm.sklearn.LGBMRegressor",
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.cluster._kmeans.KMeans",
    "sklearn.cluster._kmeans.MiniBatchKMeans",
    "sklearn.compose._column_transformer.ColumnTransformer",
    "sklearn.compose._target.TransformedTargetRegressor",
    "sklearn.decomposition._pca.PCA",
    "sklearn.decomposition._truncated_svd.TruncatedSVD",
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis",
    "sklearn.ensemble._bagging.BaggingClassifier",
    "sklearn.ensemble._bagging.BaggingRegressor",
    "sklearn.ensemble._forest.ExtraTreesClassifier",
    "sklearn.ensemble._forest.ExtraTreesRegressor",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._forest.RandomForestRegressor",
    "sklearn.ensemble._gb.GradientBoostingClassifier",
    "sklearn.ensemble._gb.GradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
    "sklearn.ensemble._iforest.IsolationForest",
    "sklearn.ensemble._stacking.StackingClassifier",
    "sklearn.ensemble._stacking.StackingRegressor",
    "sklearn.ensemble._voting.VotingClassifier",
    "sklearn.ensemble._voting.VotingRegressor",
    "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
    "sklearn.ensemble._weight_boosting.AdaBoostRegressor",
    "sklearn.feature_selection._from_model.SelectFromModel",
    "sklearn.feature_selection._rfe.RFE",
    "sklearn.feature_selection._univariate_selection.SelectKBest",
    "sklearn.feature_selection._univariate_selection.SelectPercentile",
    "sklearn.feature_selection._variance_threshold.VarianceThreshold",
    "sklearn.frozen._frozen.FrozenEstimator",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.linear_model._base.LinearRegression",
    "sklearn.linear_model._bayes.ARDRegression",
    "sklearn.linear_model._bayes.BayesianRidge",
    "sklearn.linear_model._coordinate_descent.ElasticNet",
    "sklearn.linear_model._coordinate_descent.ElasticNetCV",
    "sklearn.linear_model._coordinate_descent.Lasso",
    "sklearn.linear_model._coordinate_descent.LassoCV",
    "sklearn.linear_model._glm.glm.GammaRegressor",
    "sklearn.linear_model._glm.glm.PoissonRegressor",
    "sklearn.linear_model._glm.glm.TweedieRegressor",
    "sklearn.linear_model._huber.HuberRegressor",
    "sklearn.linear_model._least_angle.Lars",
    "sklearn.linear_model._least_angle.LassoLars",
    "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.linear_model._logistic.LogisticRegressionCV",
    "sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier",
    "sklearn.linear_model._perceptron.Perceptron",
    "sklearn.linear_model._ridge.Ridge",
    "sklearn.linear_model._ridge.RidgeCV",
    "sklearn.linear_model._ridge.RidgeClassifier",
    "sklearn.linear_model._ridge.RidgeClassifierCV",
    "sklearn.linear_model._stochastic_gradient.SGDClassifier",
    "sklearn.linear_model._stochastic_gradient.SGDRegressor",
    "sklearn.model_selection._classification_threshold.FixedThresholdClassifier",
    "sklearn.model_selection._classification_threshold.TunedThresholdClassifierCV",
    "sklearn.model_selection._search.GridSearchCV",
    "sklearn.model_selection._search.RandomizedSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    "sklearn.multiclass.OneVsRestClassifier",
    "sklearn.multioutput.MultiOutputRegressor",
    "sklearn.naive_bayes.BernoulliNB",
    "sklearn.naive_bayes.ComplementNB",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.naive_bayes.MultinomialNB",
    "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
    "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
    "sklearn.pipeline.FeatureUnion",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.Binarizer",
    "sklearn.preprocessing._data.MaxAbsScaler",
    "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.Normalizer",
    "sklearn.preprocessing._data.PowerTransformer",
    "sklearn.preprocessing._data.RobustScaler",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._discretization.KBinsDiscretizer",
    "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer",
    "sklearn.preprocessing._polynomial.PolynomialFeatures",
    "sklearn.preprocessing._target_encoder.TargetEncoder",
    "sklearn.svm._classes.LinearSVC",
    "sklearn.svm._classes.LinearSVR",
    "sklearn.svm._classes.NuSVC",
    "sklearn.svm._classes.NuSVR",
    "sklearn.svm._classes.OneClassSVM",
    "sklearn.svm._classes.SVC",
    "sklearn.svm._classes.SVR",
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._classes.ExtraTreeClassifier",
    "sklearn.tree._classes.ExtraTreeRegressor",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRFClassifier",
    "xgboost.sklearn.XGBRFRegressor",
    "xgboost.sklearn.XGBRanker",
    "xgboost.sklearn.XGBRegressor",
)


def convert(model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str]) -> bytes:
    """The model as a file; ValueError says why it cannot be one."""
    from ..conversion.onnx_model import converted

    return converted(model, columns, methods)


class Model:
    """The loaded model: typed rows in, plain Python values out."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)
        facts: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        texts: dict[str, list[str]] = json.loads(facts.get("vocabularies", "{}"))
        self._labels: list[Label] = json.loads(facts.get("labels", "[]"))
        self._refuses = any(output.name == "refused" for output in self._session.get_outputs())
        release_memory()
        self._singles = Singles()
        self._codes = {int(column): {text: i for i, text in enumerate(known)} for column, known in texts.items()}

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        if not self._labels:
            values: list[Label] = self._answers("predict", rows).tolist()
            return values
        places: list[int] = self._answers("predict", rows).tolist()
        return [self._labels[place] for place in places]

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        values: list[list[float]] = self._answers("predict_proba", rows).tolist()
        return values

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        values: list[Score] = self._answers("decision_function", rows).tolist()
        return values

    def transform(self, rows: Sequence[Row]) -> list[Value]:
        values: list[Value] = self._answers("transform", rows).tolist()
        return values

    def _answers(self, method: str, rows: Sequence[Row]) -> NDArray[np.generic]:
        names = [method, "refused"] if self._refuses else [method]
        if len(rows) == 1:
            answers = self._single(method, names).ask(self._numbers(rows[0]))
        else:
            answers = self._session.run(names, {"rows": self._matrix(rows)})
        if self._refuses and answers[1]:
            raise ValueError("a value is missing, not finite, too large or an unknown category")
        return answers[0]

    def _single(self, method: str, names: Sequence[str]) -> Single:
        known = self._singles.by_method
        if method not in known:
            known[method] = Single(self._session, names)
        return known[method]

    def _numbers(self, row: Row) -> Sequence[object]:
        """A row's numbers; a text is its place in the vocabulary of its column, NaN where there is none."""
        values = astuple(row)
        if not self._codes:
            return values
        return [self._code(place, value) if place in self._codes else value for place, value in enumerate(values)]

    def _code(self, column: int, text: str | None) -> float:
        return nan if text is None else self._codes[column].get(text, -1)

    def _matrix(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """The rows as numbers."""
        if not self._codes:
            return np.array([astuple(row) for row in rows], dtype=np.float64)
        columns = [[*column] for column in zip(*map(astuple, rows), strict=True)]
        for place in self._codes:
            columns[place] = [self._code(place, text) for text in columns[place]]
        matrix: NDArray[np.float64] = np.array(columns, dtype=np.float64).T
        return matrix


class Single:
    """The graph, asked for one row at a time: numbers and answers always lie in the same place.

    Making arrays, and handing them over, takes as long as a forest of a hundred trees.
    """

    def __init__(self, session: onnxruntime.InferenceSession, names: Sequence[str]) -> None:
        self._session = session
        self._row = row = np.zeros((1, session.get_inputs()[0].shape[1]))
        # Copies, as these are written to; one row's answers always have the same shape.
        self._answers: list[NDArray[np.generic]] = [np.array(one) for one in session.run(names, {"rows": row})]
        self._binding = session.io_binding()
        self._binding.bind_input("rows", "cpu", 0, np.float64, row.shape, row.ctypes.data)
        for name, answer in zip(names, self._answers, strict=True):
            self._binding.bind_output(name, "cpu", 0, answer.dtype.type, answer.shape, answer.ctypes.data)

    def ask(self, numbers: Sequence[object]) -> list[NDArray[np.generic]]:
        """The answers, which stand until the next row's."""
        self._row[0] = numbers
        self._session.run_with_iobinding(self._binding)
        return self._answers


class Singles(local):
    """Of each thread its own, by method."""

    def __init__(self) -> None:
        self.by_method: dict[str, Single] = {}


def session(path: Path) -> onnxruntime.InferenceSession:
    """The graph in the file `path`; it computes in the thread that asks."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def release_memory() -> None:
    """Give back what reading the file took and no longer needs, a third of the process; glibc would keep it."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
