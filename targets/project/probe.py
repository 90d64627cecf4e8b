"""Asks a model once: which types and shapes its methods answer with, and which row it is known to take.

Runs without deployc, in the serving environment, where the module deployc_loading is on the path: `python -m
PACKAGE.probe REQUEST ANSWER`. REQUEST is a JSON file with `model` (a path), `container`, `columns` ([name, type,
optional, categories]), `shape` (of a tensor), `methods`, `rows` (objects by column, may be empty), and where one of
these may be the example `publish`, the columns whose values it is to be shown without, else null. Writes {"outputs":
[{method, type, shape}], "example": row or null, "closed": {column: values}, "problems": {method: why}}.
"""

from __future__ import annotations

import json
import sys
import traceback
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from math import isfinite, nan
from pathlib import Path
from typing import Any  # a model's library has no types: what it gives is looked at, not known

from .learnt import by_column, categories

ROWS = 3
MOST = 10_000
"""Of more categories than that it is not tried whether they are all that a column takes."""
VALUES: Mapping[str, object] = {
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "string": "text",
    "binary": "AA==",
    "datetime": "2026-01-01T00:00:00Z",
}
DTYPES: Mapping[str, str] = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "object",
    "binary": "object",
    "datetime": "datetime64[ns]",
}
OPTIONAL: Mapping[str, str] = {"boolean": "object", "integer": "float64", "long": "float64"}
KINDS: Mapping[str, str] = {"b": "boolean", "i": "long", "u": "long", "f": "double", "U": "string", "M": "datetime"}
KINDS_OF: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "string": (str,),
    **dict.fromkeys(("boolean", "binary", "datetime"), ()),
}
"""Types of the categories that a column can be restricted to."""
Column = tuple[str, str, bool, Sequence[object] | None]
Row = Mapping[str, object]
Known = Mapping[str, Sequence[object]]


def main(path: str, answer: str) -> None:
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    model = load(request["model"])
    columns: list[Column] = [tuple(column) for column in request["columns"]]
    asking = Asking(
        model=model,
        method=request["methods"][0],
        columns=columns,
        container=request["container"],
        shape=request["shape"],
    )
    known = by_column(categories(model, [name for name, *_ in columns]))
    given = published_row(asking, request["rows"], request["publish"]) if request["publish"] is not None else None
    example = given or working_row(asking, known)
    rows = request["rows"][:ROWS] or ([example] if example else [])
    asked = {m: tried(model, m, columns, (rows * ROWS)[:ROWS], request["container"]) for m in request["methods"]}
    outputs = [{"method": method, **answer} for method, answer in asked.items() if not isinstance(answer, str)]
    problems = {method: answer for method, answer in asked.items() if isinstance(answer, str)}
    closed = closed_columns(asking, known, example or rows[0]) if example or rows else {}
    # not printed: a model may print too
    with open(answer, "w", encoding="utf-8") as file:
        json.dump({"outputs": outputs, "example": example, "closed": closed, "problems": problems}, file)


@dataclass(frozen=True)
class Asking:
    """The model, and how it is asked whether it takes rows."""

    model: Any
    method: str
    columns: Sequence[Column]
    container: str
    shape: Sequence[int] = ()
    """Of a tensor, for one row."""

    def takes(self, *rows: Row) -> bool:
        try:
            ask(self.model, self.method, self.columns, rows, self.container)
        except Exception:
            return False
        return True


def tried(
    model: Any, method: str, columns: Sequence[Column], rows: Sequence[Row], container: str
) -> dict[str, object] | str:
    """The type and shape of what a method answers, or why it has none."""
    try:
        return described(ask(model, method, columns, rows, container))
    except Exception as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"


def load(path: str) -> Any:
    """The model, loaded as the service loads it."""
    import deployc_loading

    return deployc_loading.load(Path(path))


def working_row(asking: Asking, known: Known) -> Row | None:
    """A row made of the signature that the model takes, with learnt values only where it takes no others."""
    columns = asking.columns
    plain = {name: filled(VALUES[kind], asking.shape) for name, kind, *_ in columns}
    own = {name: numbered[0] for name, _, _, numbered in columns if numbered}
    learnt = {name: values[0] for name, values in known.items() if name in plain}
    for row in (plain, plain | own, plain | learnt, plain | own | learnt):
        if asking.takes(row):
            return unlearnt(asking, row, plain)
    return None


def published_row(asking: Asking, rows: Sequence[Row], hidden: Sequence[str]) -> Row | None:
    """The first of the rows that a request could be and the model takes, with made up values in hidden columns."""
    plain = {name: VALUES[kind] for name, kind, *_ in asking.columns if name in hidden}
    for row in rows:
        found = {name: shown(row.get(name), kind) for name, kind, *_ in asking.columns} | plain
        lacking = [name for name, _, optional, _ in asking.columns if found[name] is None and not optional]
        if not lacking and asking.takes(found):
            return found
    return None


def shown(given: object, kind: str) -> object:
    """A value of a file as JSON has it; None where JSON has no number for it."""
    if isinstance(given, float) and not isfinite(given):
        return None
    if kind == "datetime" and given is not None:
        moment = datetime.fromisoformat(str(given).replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).isoformat().replace("+00:00", "Z")
    return given


def filled(value: object, shape: Sequence[int]) -> object:
    """Lists of lists of a shape that hold the value everywhere; the value itself where the shape is empty."""
    for size in reversed(shape):
        value = [value] * size
    return value


def unlearnt(asking: Asking, row: Row, plain: Row) -> Row:
    """The row with the plain value again in each column where the model takes it too."""
    for name, value in plain.items():
        if row[name] != value and asking.takes({**row, name: value}):
            row = {**row, name: value}
    return row


def closed_columns(asking: Asking, known: Known, row: Row) -> dict[str, list[object]]:
    """The columns of a row in which the model takes the values that it has learnt, and refuses another one.

    Null is among them where it takes that too.
    """
    found: dict[str, list[object]] = {}
    for name, kind, optional, numbered in asking.columns:
        values = [v for given in known.get(name, ()) if type(v := whole(given, kind)) in KINDS_OF[kind]]
        if numbered is not None or not values or len(values) > MOST or asking.takes({**row, name: stranger(values)}):
            continue
        if asking.takes(*({**row, name: value} for value in values)):
            missing = [None] if optional and asking.takes({**row, name: None}) else []
            found[name] = [*values, *missing]
    return found


def whole(value: object, kind: str) -> object:
    """A category as its column has it: tables with gaps hold whole numbers as floats."""
    return int(value) if isinstance(value, float) and kind in ("integer", "long") and value.is_integer() else value


def stranger(values: Sequence[object]) -> object:
    """A value of the same type that is none of them."""
    numbers = [value for value in values if isinstance(value, int | float)]
    return max(numbers) + 1 if numbers else max(map(str, values), key=len) + "?"


def ask(model: Any, method: str, columns: Sequence[Column], rows: Sequence[Row], container: str) -> Any:
    """What a method answers for rows, as an array of one row's answer each."""
    import numpy as np

    if not rows:
        raise ValueError("no row is known that the model takes: give `model.sample`")
    answer = getattr(model, method)(table(columns, rows, container))
    if isinstance(answer, list) and answer and hasattr(answer[0], "shape"):
        raise TypeError("it answers with several arrays")
    array = np.asarray(answer.toarray() if hasattr(answer, "toarray") else answer)
    if array.ndim not in (1, 2) or len(array) != len(rows):
        raise TypeError(f"it answers {len(rows)} rows with the shape {array.shape}")
    return array


def table(columns: Sequence[Column], rows: Sequence[Row], container: str) -> Any:
    """The rows as the service gives them to the model."""
    import numpy as np

    dtypes = [dtype(kind, optional, known) for _, kind, optional, known in columns]
    values = [[value(row.get(name), kind, known) for row in rows] for name, kind, _, known in columns]
    if container == "texts":
        return values[0]
    if container == "tensor":
        return np.array(values[0], dtype=dtypes[0])
    if container == "ndarray":
        distinct = set(dtypes)
        numbers = distinct <= {"int32", "int64", "float32", "float64", "bool"}
        shared = distinct.pop() if len(distinct) == 1 else "float64" if numbers else "object"
        return np.array(values, dtype=object).T.astype(shared)
    import pandas as pd

    arrays = [np.array(column, dtype=dtype) for column, dtype in zip(values, dtypes, strict=True)]
    return pd.DataFrame({column[0]: array for column, array in zip(columns, arrays, strict=True)})


def dtype(kind: str, optional: bool, known: Sequence[object] | None) -> str:
    """A column's dtype: a number's where the model numbers categories, an object's where it takes them as they are."""
    if known is not None:
        return "float64" if known else "object"
    return OPTIONAL.get(kind, DTYPES[kind]) if optional else DTYPES[kind]


def value(given: object, kind: str, known: Sequence[object] | None) -> object:
    """A value of JSON as the service decodes it, or the number that it has among the categories."""
    if known:
        return known.index(given) if given in known else nan
    if given is None:
        return None if kind == "datetime" else nan
    if kind == "binary":
        return b64decode(str(given))
    if kind == "datetime":
        moment = datetime.fromisoformat(str(given).replace("Z", "+00:00"))
        return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    return given


def described(array: Any) -> dict[str, object]:
    """The type and shape of one row's answer."""
    kind = array.dtype.kind
    if kind == "O":
        kinds = {type(item) for item in array.ravel().tolist()}
        names = {bool: "boolean", int: "long", float: "double", str: "string"}
        if len(kinds) != 1 or not kinds <= set(names):
            raise TypeError(f"it answers with {', '.join(sorted(k.__name__ for k in kinds))}")
        return {"type": names[kinds.pop()], "shape": list(array.shape[1:])}
    if kind not in KINDS:
        raise TypeError(f"it answers with {array.dtype}")
    return {"type": KINDS[kind], "shape": list(array.shape[1:])}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
