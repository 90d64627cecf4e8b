"""scikit-learn's side of the model module: how a model is loaded, what it is given, what it answers.

A function called `name_variant` stands in for `name` where the model asks for it.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from datetime import datetime, timezone
from math import nan
from pathlib import Path
from typing import Protocol

import joblib
import numpy as np
import pandas as pd
import skops.io
from msgspec.structs import astuple
from numpy.typing import NDArray

from ..template.problems import Rejected
from ..template.schema import Label, Row, Score, Value

REQUIREMENTS = ("scikit-learn", "numpy")
SERIALIZERS = {"skops": ("skops",), "joblib": ("joblib",), "cloudpickle": ("cloudpickle",), "pickle": ()}
CONTAINERS = {"dataframe": ("pandas",), "ndarray": ()}
METHODS = ("predict", "predict_proba", "decision_function", "transform")

TRUSTED: list[str] = []
COLUMNS: dict[str, str] = {"number": "float64"}
DTYPE = "float64"


class Estimator(Protocol):
    """What this service asks of the model; scikit-learn has no types of its own."""

    def predict(self, rows: object, /) -> object: ...

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


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table with the columns that the model was fitted on."""
    columns = zip(COLUMNS.items(), zip(*map(astuple, rows), strict=True), strict=True)
    return pd.DataFrame({name: np.array(values, dtype=dtype) for (name, dtype), values in columns})


def table_mixed(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table with the columns that the model was fitted on."""
    columns = zip(COLUMNS.items(), zip(*map(astuple, rows), strict=True), strict=True)
    return pd.DataFrame({name: column(name, values, dtype) for (name, dtype), values in columns})


def table_ndarray(rows: Sequence[Row]) -> NDArray[np.generic]:
    """The rows as an array of two dimensions."""
    return np.array([astuple(row) for row in rows], dtype=DTYPE)


def table_objects(rows: Sequence[Row]) -> NDArray[np.generic]:
    """The rows as an array of two dimensions."""
    return np.array([[nan if value is None else value for value in astuple(row)] for row in rows], dtype=object)


def column(name: str, values: Sequence[object], dtype: str) -> NDArray[np.generic]:
    """One column; what is missing is NaN, as it is in a table that was read from a file."""
    if dtype == "object":
        values = [nan if value is None else value for value in values]
    return np.array(values, dtype=dtype)


def column_datetimes(name: str, values: Sequence[object], dtype: str) -> NDArray[np.generic]:
    """One column; what is missing is NaN, as it is in a table that was read from a file."""
    if dtype == "object":
        values = [nan if value is None else value for value in values]
    if dtype == "datetime64[ns]":
        values = [moment(value, f"[{i}].{name}") for i, value in enumerate(values)]
    return np.array(values, dtype=dtype)


def moment(value: object, field: str) -> datetime | None:
    """A time without a zone, in UTC; Rejected when nanoseconds cannot count it."""
    if not isinstance(value, datetime):
        return None
    if not 1678 <= value.year <= 2261:
        raise Rejected(422, "invalid-row", "the year has to be from 1678 to 2261", field)
    return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value


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
