"""The model as MLflow's python_function: `mlflow.pyfunc.load_model` finds it by this module's name.

See https://mlflow.org/docs/latest/ml/model/#python-function-python_function.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any  # a table of any library, and answers of the user's own types

import msgspec

from .params import with_params
from .problems import Rejected
from .schema import Decision, Prediction, PredictionWith, Probabilities, Transformed
from .scoring import ANSWERS, asking
from .tabular import by_column, plain, rows

PLAIN = (Prediction, PredictionWith, Probabilities, Decision, Transformed)
"""Answers of the model itself, which MLflow knows as bare values."""


class Function:
    """The loaded model."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._ask = self._stack.enter_context(asking())

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> list[Any]:
        """An answer for each row of a table, a list of records, or a mapping of columns.

        `params` may name another `method`, and has what else the model's signature names. ValueError says which value
        the model does not take.
        """
        method = (params or {}).get("method") or next(iter(ANSWERS))
        if method not in ANSWERS:
            raise ValueError(f"the model has no method {method!r}: it has {', '.join(ANSWERS)}")
        records = _records(model_input)
        try:
            method = with_params(method, params or {})
            return [*map(_value, self._ask(method, rows(records)))] if records else []
        except Rejected as error:
            raise ValueError(f"{error.message} - at `{error.field}`" if error.field else error.message) from error


def _load_pyfunc(path: str) -> Function:
    """The model that is shipped in this package, wherever MLflow has put it."""
    return Function()


def _records(table: Any) -> list[Mapping[str, object]]:
    to_dict = getattr(table, "to_dict", None)  # a table of pandas has it
    if to_dict is not None:
        found: list[Mapping[str, object]] = to_dict("records")
        return found
    if isinstance(table, Mapping):
        return [*by_column({name: list(values) for name, values in table.items()})]
    return list(table)


def _value(answer: object) -> object:
    return plain(answer) if isinstance(answer, PLAIN) else msgspec.to_builtins(answer)
