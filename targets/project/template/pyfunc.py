"""The model as MLflow's python_function: `mlflow.pyfunc.load_model` finds it by this module's name.

See https://mlflow.org/docs/latest/ml/model/#python-function-python_function.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from filecmp import cmp
from pathlib import Path
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
    """The model that is shipped in this package; RuntimeError where MLflow means another version of it, whose package
    this process cannot have beside this one.
    """
    package, *modules = __name__.split(".")
    here, there = Path(__file__).parents[len(modules) - 1], Path(path) / "code" / package
    if there.is_dir() and not (here.samefile(there) or _same(here, there)):
        advice = "load this one in a process of its own"
        raise RuntimeError(f"another version of {package} is loaded here already: {advice}")
    return Function()


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, but for what Python makes of them."""
    files, others = ({p.relative_to(folder) for p in folder.rglob("*") if p.is_file()} for folder in (one, other))
    kept = {file for file in files | others if "__pycache__" not in file.parts}
    return kept <= files & others and all(cmp(one / file, other / file, shallow=False) for file in kept)


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
