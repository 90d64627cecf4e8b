"""What the trained model itself answers: run in the serving environment, it knows nothing of the generated service.

usage: python reference.py REQUEST.json ANSWER.json; the request is {"model", "serializer", "types", "path", "rows",
"columns", "container", "methods"}, the answer a JSON object of lists by method.
"""

from __future__ import annotations

import json
import pickle
import sys
from typing import Any  # a model's library has no types: what it gives is looked at, not known

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
sys.path[:0] = request["path"]


def load() -> Any:
    path = request["model"]
    if request["serializer"] == "skops":
        import skops.io

        return skops.io.load(path, trusted=request["types"])
    if request["serializer"] == "joblib":
        import joblib

        return joblib.load(path)
    with open(path, "rb") as file:
        return pickle.load(file)


KIND = {"boolean": "bool", "integer": "int32", "long": "int64", "float": "float32", "double": "float64"}
NUMBERS = ("integer", "long", "float", "double")


def column(pandas: Any, name: str, kind: str) -> Any:
    values = [row.get(name) for row in request["rows"]]
    missing = any(value is None for value in values)
    if kind == "datetime":
        return pandas.to_datetime(pandas.Series(values))
    if missing and kind in NUMBERS:
        return pandas.Series(values, dtype="float64")
    # what is missing is NaN, as in a table that pandas has read from a file
    values = [float("nan") if value is None else value for value in values]
    return pandas.Series(values, dtype="object" if missing else KIND.get(kind, "object"))


def table() -> Any:
    if request["container"] == "ndarray":
        import numpy

        rows = [[row.get(name) for name in request["columns"]] for row in request["rows"]]
        return numpy.array([[float("nan") if value is None else value for value in row] for row in rows])
    import pandas

    return pandas.DataFrame({name: column(pandas, name, kind) for name, kind in request["columns"].items()})


model = load()
rows = table()
answers = {method: getattr(model, method)(rows).tolist() for method in request["methods"]}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(answers, file)
