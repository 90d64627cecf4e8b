"""How rows become the table that a model was fitted on: what stands in for `table` and `column`, by their types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from math import nan

import numpy as np
import pandas as pd
from msgspec.structs import astuple
from numpy.typing import NDArray

from .problems import Rejected
from .schema import Row

COLUMNS: dict[str, str] = {"number": "float64"}
DTYPE = "float64"
CODES: dict[int, dict[object, int]] = {}


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


def table_tensor(rows: Sequence[Row]) -> NDArray[np.generic]:
    """The rows as an array of more dimensions, whose first is the rows."""
    return np.array([value for row in rows for value in astuple(row)], dtype=DTYPE)


def table_texts(rows: Sequence[Row]) -> list[object]:
    """The texts of the rows' one column."""
    return [text for row in rows for text in astuple(row)]


def table_objects(rows: Sequence[Row]) -> NDArray[np.generic]:
    """The rows as an array of two dimensions."""
    return np.array([[nan if value is None else value for value in astuple(row)] for row in rows], dtype=object)


def table_codes(rows: Sequence[Row]) -> NDArray[np.generic]:
    """The rows as an array of two dimensions, with the numbers that the model has for categories."""
    values = [list(astuple(row)) for row in rows]
    for place, codes in CODES.items():
        for row in values:
            row[place] = codes.get(row[place], nan)
    return np.array(values, dtype=DTYPE)


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
