"""The model module of every library whose models take tables: how one is loaded, what it is given, what it answers.

A function called `name_variant` stands in for `name`, or for `unpickled`, where the model asks for it.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import joblib
import numpy as np
import skops.io

from .schema import Label, Nested, Row, Score, Value
from .tables import table

TRUSTED: list[str] = []


class Estimator(Protocol):
    """What this service asks of the model."""

    def predict(self, rows: object, /) -> object: ...

    def predict_with(self, rows: object, params: Mapping[str, object], /) -> object: ...

    def predict_proba(self, rows: object, /) -> object: ...

    def decision_function(self, rows: object, /) -> object: ...

    def transform(self, rows: object, /) -> object: ...


class Model:
    """The loaded model: typed rows in, plain Python values out."""

    def __init__(self, path: Path) -> None:
        self._estimator = load(path)

    def predict(self, rows: Sequence[Row]) -> list[Label]:
        values: list[Label] = np.asarray(self._estimator.predict(table(rows))).tolist()
        return values

    def predict_with(self, rows: Sequence[Row], params: Mapping[str, object]) -> list[Nested]:
        values: list[Nested] = np.asarray(self._estimator.predict_with(table(rows), params)).tolist()
        return values

    def predict_proba(self, rows: Sequence[Row]) -> list[list[float]]:
        values: list[list[float]] = np.asarray(self._estimator.predict_proba(table(rows))).tolist()
        return values

    def decision_function(self, rows: Sequence[Row]) -> list[Score]:
        values: list[Score] = np.asarray(self._estimator.decision_function(table(rows))).tolist()
        return values

    def transform(self, rows: Sequence[Row]) -> list[Value]:
        made = self._estimator.transform(table(rows))
        toarray = getattr(made, "toarray", None)  # a sparse matrix has it
        values: list[Value] = np.asarray(toarray() if toarray else made).tolist()
        return values


def load(path: Path) -> Estimator:
    """The model in the file `path`, which may hold the types in TRUSTED and no others."""
    estimator: Estimator = skops.io.load(path, trusted=TRUSTED)
    return estimator


def load_joblib(path: Path) -> Estimator:
    """The model in the file `path`."""
    estimator: Estimator = joblib.load(path)
    return estimator


def load_pickle(path: Path) -> Estimator:
    """The model in the file `path`."""
    with path.open("rb") as file:
        estimator: Estimator = pickle.load(file)
    return estimator


def load_cloudpickle(path: Path) -> Estimator:
    """The model in the file `path`; what cloudpickle wrote, pickle reads."""
    with path.open("rb") as file:
        estimator: Estimator = pickle.load(file)
    return estimator
