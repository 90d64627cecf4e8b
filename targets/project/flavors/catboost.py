"""CatBoost's side of the model module: how its models are loaded and asked, on one thread.

A row is predicted faster by one thread than by several, and requests share the processor better.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import catboost
import numpy as np

from ..template.estimator import Estimator
from ..template.estimator import load_pickle as unpickled

REQUIREMENTS = ("catboost", "numpy")
SERIALIZERS = {
    "cbm": (),
    "skops": ("skops",),
    "joblib": ("joblib",),
    "cloudpickle": ("cloudpickle",),
    "pickle": (),
}
CONTAINERS = {"ndarray": ()}
SAVED = {"": "load_saved"}
UNTYPED = ("catboost.*",)

CLASS = catboost.CatBoostClassifier


class Boosted:
    """A model that is asked on one thread, answers one class as one value, and refuses values as others do."""

    def __init__(self, model: catboost.CatBoost) -> None:
        self.native = model

    def predict(self, rows: object, /) -> object:
        try:
            answer = np.asarray(self.native.predict(rows, thread_count=1))
        except catboost.CatBoostError as error:
            raise ValueError(str(error)) from error
        return answer.ravel() if answer.shape[1:] == (1,) else answer

    def predict_proba(self, rows: object, /) -> object:
        try:
            return self.native.predict_proba(rows, thread_count=1)
        except catboost.CatBoostError as error:
            raise ValueError(str(error)) from error


def load_cbm(path: Path) -> Estimator:
    """The model in the file `path`."""
    model = CLASS()
    model.load_model(path, format="cbm")
    return cast(Estimator, Boosted(model))


def load_saved(path: Path) -> Estimator:
    """The model in the file `path`."""
    return cast(Estimator, Boosted(cast(catboost.CatBoost, unpickled(path))))
