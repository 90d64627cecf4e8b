"""XGBoost's side of the model module: how its models are loaded, each to predict on one thread.

A row is predicted faster by one thread than by several, and requests share the processor better.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast  # Any: what `predict` takes besides rows depends on the model's class

import xgboost

from ..template.estimator import Estimator
from ..template.estimator import load_pickle as loaded
from ..template.estimator import load_pickle as unpickled

REQUIREMENTS = ("xgboost", "numpy")
SERIALIZERS = {
    "booster": (),
    "estimator": ("scikit-learn",),
    "skops": ("skops",),
    "joblib": ("joblib",),
    "cloudpickle": ("cloudpickle",),
    "pickle": (),
}
CONTAINERS = {"ndarray": ()}
LISTENS = {
    "xgboost.core.Booster": (
        "output_margin",
        "pred_leaf",
        "pred_contribs",
        "approx_contribs",
        "pred_interactions",
        "training",
        "iteration_range",
        "strict_shape",
    ),
    "": ("output_margin", "iteration_range"),
}
"""Parameters of a request that MLflow passes on to predict of a class."""
PER_ROW = ("base_margin",)
"""Those that it also passes on, and that have a value for each row."""
SAVED = {"xgboost.core.Booster": "load_saved_booster", "": "load_saved"}
REPLACED = {"xgboost": ("xgboost-cpu", ">=2.1.1", "darwin")}

CLASS = xgboost.XGBClassifier
DEFAULTS: dict[str, object] = {}


class Boosted:
    """A Booster that is asked as a model of the scikit-learn API is."""

    def __init__(self, booster: xgboost.Booster) -> None:
        booster.set_param({"nthread": 1})
        self.native = booster

    def predict(self, rows: object, /, **told: Any) -> object:
        rows = xgboost.DMatrix(rows, feature_names=self.native.feature_names, nthread=1)
        return self.native.predict(rows, **told)


class Listening:
    """A model whose `predict` is told of parameters: of the signature's defaults where a request says no others."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def predict(self, rows: object, /) -> object:
        return self.predict_with(rows, {})

    def predict_with(self, rows: object, params: Mapping[str, object], /) -> object:
        try:
            return self._model.predict(rows, **{**DEFAULTS, **params})
        except (IndexError, OverflowError, TypeError) as error:
            raise ValueError(f"what {', '.join(params)} say cannot be: {error}") from error


def load_booster(path: Path) -> Estimator:
    """The Booster in the file `path`."""
    return cast(Estimator, Boosted(xgboost.Booster(model_file=path)))


def load_estimator(path: Path) -> Estimator:
    """The model of the scikit-learn API in the file `path`."""
    model = CLASS(n_jobs=1)
    model.load_model(path)
    return cast(Estimator, model)


def load_saved(path: Path) -> Estimator:
    """The model of the scikit-learn API in the file `path`."""
    model = cast(xgboost.XGBModel, unpickled(path))
    model.set_params(n_jobs=1)
    return cast(Estimator, model)


def load_saved_booster(path: Path) -> Estimator:
    """The Booster in the file `path`."""
    return cast(Estimator, Boosted(cast(xgboost.Booster, unpickled(path))))


def load_listening(path: Path) -> Estimator:
    """The model in the file `path`."""
    return cast(Estimator, Listening(loaded(path)))
