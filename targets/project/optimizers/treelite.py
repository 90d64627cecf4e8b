"""Forests and boosted trees as treelite's own file, which its predictor walks.

It needs scipy to be imported, and is slower than onnxruntime: it is tried where ONNX is not proved, or when asked for.
XGBoost's sums it adds in another order, so that they differ in the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import treelite
import treelite.gtil
from msgspec.structs import astuple
from numpy.typing import NDArray

from ..template.schema import Label, Row, Score

REQUIREMENTS = ("treelite>=4.4", "numpy")
CONVERTERS = ()
FILE = "model.treelite"
RANK = 30
FLAVORS = ("lightgbm", "sklearn")
CLASSES = (
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "sklearn.ensemble._forest.ExtraTreesClassifier",
    "sklearn.ensemble._forest.ExtraTreesRegressor",
    "sklearn.ensemble._forest.RandomForestClassifier",
    "sklearn.ensemble._forest.RandomForestRegressor",
    "sklearn.ensemble._gb.GradientBoostingClassifier",
    "sklearn.ensemble._gb.GradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
)
WITHIN = (
    "sklearn.tree._classes.DecisionTreeClassifier",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.tree._classes.ExtraTreeClassifier",
    "sklearn.tree._classes.ExtraTreeRegressor",
)


def convert(model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str]) -> bytes:
    """The model as a file; ValueError says why it cannot be one."""
    from ..conversion.treelite_model import converted

    return converted(model, columns, methods)


class Model:
    """The loaded model: typed rows in, plain Python values out."""

    def __init__(self, path: Path) -> None:
        facts, _, content = path.read_bytes().partition(b"\n")
        self._facts: dict[str, str] = json.loads(facts)
        self._labels: list[Label] = json.loads(self._facts["labels"])
        self._trees = treelite.Model.deserialize_bytes(content)

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        if not self._labels:
            values: list[Label] = linked(self._scores(rows), self._facts["link"])[:, 0].tolist()
            return values
        places: list[int] = self._places(rows).tolist()
        return [self._labels[place] for place in places]

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        shares = linked(self._scores(rows), self._facts["link"])
        both = np.hstack([1 - shares, shares]) if shares.shape[1] == 1 else shares
        values: list[list[float]] = both.tolist()
        return values

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        scores = self._scores(rows)
        values: list[Score] = (scores[:, 0] if scores.shape[1] == 1 else scores).tolist()
        return values

    def _places(self, rows: Sequence[Row]) -> NDArray[np.generic]:
        """The position of each row's label."""
        scores = self._scores(rows)
        if scores.shape[1] > 1:
            places: NDArray[np.generic] = scores.argmax(axis=1)
            return places
        return np.asarray(scores[:, 0] >= 0 if self._facts["zero"] == "second" else scores[:, 0] > 0).astype(np.int64)

    def _scores(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """What the trees add up to, before it becomes a probability."""
        values = np.array([astuple(row) for row in rows], dtype=np.float64)
        seen = values.astype(np.float32) if self._facts["seen"] == "float32" else values
        bad = {"finite": ~np.isfinite(seen), "no infinity": np.isinf(seen)}.get(self._facts["takes"])
        if bad is not None and bad.any():
            raise ValueError("a value is missing, not finite or too large")
        asked: NDArray[np.float64] = treelite.gtil.predict(self._trees, seen, nthread=1, pred_margin=True)
        return asked[:, 0, :]


def linked(scores: NDArray[np.float64], link: str) -> NDArray[np.float64]:
    """What the model makes of the sums of its trees."""
    if link == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-scores)))
    if link == "softmax":
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    return np.exp(scores) if link == "exponential" else scores
