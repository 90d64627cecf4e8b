"""LightGBM's side of the model module: how its models are loaded, each to predict on one thread.

A row is predicted faster by one thread than by several, and requests share the processor better.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import cast

import lightgbm
import numpy as np
from numpy.typing import NDArray

from ..template.estimator import Estimator
from ..template.estimator import load_pickle as unpickled

REQUIREMENTS = ("lightgbm", "numpy")
SERIALIZERS = {
    "booster": (),
    "skops": ("skops",),
    "joblib": ("joblib",),
    "cloudpickle": ("cloudpickle",),
    "pickle": (),
}
CONTAINERS = {"ndarray": ()}
SAVED = {"lightgbm.basic.Booster": "load_saved_booster", "": "load_saved"}


class Boosted:
    """A Booster that is asked as a model of the scikit-learn API is."""

    def __init__(self, booster: lightgbm.Booster) -> None:
        self.native = booster

    def predict(self, rows: NDArray[np.generic], /) -> object:
        return self.native.predict(rows, num_threads=1)


def load_booster(path: Path) -> Estimator:
    """The Booster in the file `path`."""
    return cast(Estimator, Boosted(lightgbm.Booster(model_file=path)))


def load_saved(path: Path) -> Estimator:
    """The model of the scikit-learn API in the file `path`."""
    # it misses the names of columns, which rows have in the order of training
    warnings.filterwarnings("ignore", "X does not have valid feature names")
    model = cast(lightgbm.LGBMModel, unpickled(path))
    model.set_params(n_jobs=1)
    return cast(Estimator, model)


def load_saved_booster(path: Path) -> Estimator:
    """The Booster in the file `path`."""
    return cast(Estimator, Boosted(cast(lightgbm.Booster, unpickled(path))))
