"""Compiled models against the libraries that trained them, and against each other, in one process: CPU time as ratios.

usage: python benchmarks/compiled.py     deployc's extra `test-models` must be installed beside this Python
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any  # models have no types

import lightgbm
import msgspec
import numpy as np
import xgboost
from deployc.targets.project.optimizers import linear, onnx, treelite
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

COLUMNS = 30
SIZES = {1: 200, 32: 60, 1000: 5}
"""Rows at once, and how often each is timed."""
Row = msgspec.defstruct("Row", [(f"x{i}", float) for i in range(COLUMNS)])
Text = msgspec.defstruct("Text", [("text", str)])

MODELS: dict[str, tuple[Callable[[], Any], Sequence[ModuleType]]] = {
    "logistic regression": (lambda: make_pipeline(StandardScaler(), LogisticRegression()), (linear, onnx)),
    "decision tree": (lambda: DecisionTreeClassifier(max_depth=6), (onnx,)),
    "forest of 100": (lambda: RandomForestClassifier(100, random_state=0), (onnx, treelite)),
    "gradient boosting": (lambda: GradientBoostingClassifier(random_state=0), (onnx, treelite)),
    "histogram boosting": (lambda: HistGradientBoostingClassifier(random_state=0), (onnx, treelite)),
    "xgboost": (lambda: xgboost.XGBClassifier(n_jobs=1), (onnx,)),
    "lightgbm": (lambda: lightgbm.LGBMClassifier(n_jobs=1, verbose=-1), (onnx, treelite)),
}


def spent(call: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call, of this thread: the median."""
    call()
    found = []
    for _ in range(times):
        since = time.thread_time_ns()
        call()
        found.append((time.thread_time_ns() - since) / 1000)
    return statistics.median(found)


def table(given: Sequence[Any]) -> Any:
    """What a service of the trained model makes of its rows."""
    return np.array([msgspec.structs.astuple(row) for row in given])


def texts(given: Sequence[Any]) -> list[str]:
    """The same for a model that takes texts."""
    return [row.text for row in given]


def compiled(optimizer: ModuleType, model: Any, kind: type[msgspec.Struct], folder: Path) -> Any:
    columns = [
        (field.name, "string" if field.type is str else "double", False) for field in msgspec.structs.fields(kind)
    ]
    path = folder / optimizer.FILE
    path.write_bytes(optimizer.convert(model, columns, ["predict_proba"]))
    return optimizer.Model(path)


def compare(
    name: str, model: Any, optimizers: Sequence[ModuleType], rows: Sequence[Any], made: Callable[..., Any]
) -> None:
    for count, times in SIZES.items():
        given = rows[:count]
        original = spent(lambda given=given: model.predict_proba(made(given)).tolist(), times)
        shown = [f"{name}, {count} rows: library {original:.0f}"]
        for optimizer in optimizers:
            with tempfile.TemporaryDirectory() as folder:
                asked = compiled(optimizer, model, type(rows[0]), Path(folder)).predict_proba
            took = spent(lambda asked=asked, given=given: asked(given), times)
            shown.append(f"{optimizer.__name__.rpartition('.')[2]} {took:.0f} ({original / took:.1f} times)")
        print(", ".join(shown))


def main() -> None:
    warnings.simplefilter("ignore")
    random = np.random.default_rng(0)
    rows = random.normal(size=(3000, COLUMNS))
    labels = np.where(rows[:, 0] + rows[:, 1] * rows[:, 2] + random.normal(size=len(rows)) > 0, 1, 0)
    print("predict_proba: microseconds of CPU, and how many times faster than the library that trained the model")
    for name, (make, optimizers) in MODELS.items():
        compare(name, make().fit(rows, labels), optimizers, [Row(*row) for row in rows[:1000].tolist()], table)
    words = [" ".join(f"word{number}" for number in random.zipf(1.3, 20) % 5000) for _ in rows]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(words, labels)
    compare("words of texts", model, (linear,), [Text(text) for text in words[:1000]], texts)


if __name__ == "__main__":
    main()
