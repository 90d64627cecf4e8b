"""What the trained model itself answers: run in the serving environment, it shares the service's loader and no more.

usage: python reference.py REQUEST.json ANSWER.json; the request is {"model", "path", "rows", "columns", "categories",
"container", "methods"}, the answer a JSON object of lists by method. `path` leads to the module deployc_loading.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any  # a model's library has no types: what it gives is looked at, not known

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
sys.path[:0] = request["path"]


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


def cell(name: str, value: object) -> object:
    """What an array holds for a value: a category's number where the model has them, NaN for what is missing."""
    categories = request["categories"].get(name)
    if categories:
        return categories.index(value) if value in categories else float("nan")
    return float("nan") if value is None else value


def table() -> Any:
    if request["container"] == "texts":
        (name,) = request["columns"]
        return [row[name] for row in request["rows"]]
    if request["container"] == "tensor":
        import numpy

        ((name, kind),) = request["columns"].items()
        return numpy.array([row[name] for row in request["rows"]], dtype=KIND.get(kind))
    if request["container"] == "ndarray":
        import numpy

        rows = [[cell(name, row.get(name)) for name in request["columns"]] for row in request["rows"]]
        named = any(categories == [] for categories in request["categories"].values())
        texts = any(isinstance(value, str) for row in rows for value in row)
        return numpy.array(rows, dtype=object if named or texts else None)
    import pandas

    return pandas.DataFrame({name: column(pandas, name, kind) for name, kind in request["columns"].items()})


def values(answer: Any) -> Any:
    """An answer as lists; of a sparse matrix, all of its cells."""
    import numpy

    return numpy.asarray(answer.toarray() if hasattr(answer, "toarray") else answer).tolist()


def answered(method: str) -> Any:
    """What a method answers; after a space it has the parameters, as the payload log has them."""
    name, _, params = method.partition(" ")
    return model.predict_with(rows, json.loads(params)) if params else getattr(model, name)(rows)


import deployc_loading  # noqa: E402 - its folder is on the path only now

model = deployc_loading.load(Path(request["model"]))
rows = table()
answers = {method: values(answered(method)) for method in request["methods"]}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(answers, file)
