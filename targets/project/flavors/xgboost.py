"""XGBoost's side of the model module: how its models are loaded, each to predict on one thread.

A row is predicted faster by one thread than by several, and requests share the processor better.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import xgboost

from ..template.estimator import Estimator
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
    "xgboost.core.Booster": {
        "output_margin": False,
        "pred_leaf": False,
        "pred_contribs": False,
        "approx_contribs": False,
        "pred_interactions": False,
        "training": False,
        "iteration_range": [0, 0],
        "strict_shape": False,
    },
    "": {"output_margin": False, "base_margin": None, "iteration_range": [0, 0]},
}
"""What MLflow takes out of a request's parameters for predict of a class, with predict's own default."""
SAVED = {"xgboost.core.Booster": "load_saved_booster", "": "load_saved"}
REPLACED = {"xgboost": ("xgboost-cpu", ">=2.1.1", "darwin")}

CLASS = xgboost.XGBClassifier


class Boosted:
    """A Booster that is asked as a model of the scikit-learn API is."""

    def __init__(self, booster: xgboost.Booster) -> None:
        booster.set_param({"nthread": 1})
        self.native = booster

    def predict(self, rows: object, /) -> object:
        return self.native.predict(xgboost.DMatrix(rows, feature_names=self.native.feature_names, nthread=1))


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
