"""A linear model with all that stands before it, as the data of its few sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any  # what becomes JSON

import msgspec
import numpy as np

from . import sums_bayes
from .fitted import Fitted
from .sums_data import described
from .sums_parts import transformed
from .sums_table import Table, numeric, rows

Probable = Callable[[Sequence[float | list[float]], str], list[list[float]]]
FORMS = {1: ("two classes", "softmax of two"), 2: ("softmax", "each class")}
"""From scores to probabilities, by the dimensions of the scores."""


def converted(
    model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str], probable: Probable
) -> bytes:
    """The model as JSON; ValueError says why it has no such form."""
    *first, final = parts(model)
    table = rows(columns, named=hasattr(model, "feature_names_in_"))
    for step in first:
        table = transformed(step, table)
    table, product, added = product_of(final, table)
    weights, bias = np.atleast_2d(product), np.atleast_1d(added)
    made = {
        **described(numeric(table)),
        "weights": weights.tolist(),
        "weights_dtype": str(weights.dtype),
        "weights_by_column": not weights.flags.c_contiguous,
        "single": np.ndim(product) == 1,
        "bias": np.broadcast_to(bias, len(weights)).tolist(),
        "labels": final.classes_.tolist() if hasattr(final, "classes_") else [],
        "form": form_of(final, weights, bias, probable) if "predict_proba" in methods else "",
    }
    if not all(map(isfinite, numbers(made))):
        raise ValueError("it holds numbers that are infinite or not numbers")
    return msgspec.json.encode(made)


def parts(model: Any) -> list[Fitted]:
    """The steps of a pipeline, or the model alone; ValueError for what does not end in a linear model."""
    # a search answers as the best model that it found
    model = getattr(model, "best_estimator_", model)
    steps = [step for _, step in getattr(model, "steps", [("", model)]) if step not in (None, "passthrough")]
    if steps and (hasattr(steps[-1], "steps") or hasattr(steps[-1], "best_estimator_")):
        steps[-1:] = parts(steps[-1])
    if not steps or not (hasattr(steps[-1], "coef_") or type(steps[-1]).__name__ in sums_bayes.PRODUCTS):
        raise ValueError(f"a {type(steps[-1] if steps else model).__name__} is no linear model")
    return steps


def product_of(final: Fitted, table: Table) -> tuple[Table, Fitted, Fitted]:
    """The table, what it is multiplied by, and what is added then."""
    if hasattr(final, "coef_"):
        return table, final.coef_, final.intercept_
    return sums_bayes.PRODUCTS[type(final).__name__](final, table)


def numbers(made: Any) -> list[float]:
    """All floats in it."""
    if isinstance(made, dict):
        return [number for value in made.values() for number in numbers(value)]
    if isinstance(made, list | tuple):
        return [number for value in made for number in numbers(value)]
    return [made] if isinstance(made, float) else []


def form_of(final: Fitted, weights: Fitted, bias: Fitted, probable: Probable) -> str:
    """How this model makes probabilities: versions and parameters of scikit-learn differ, so it is tried."""
    tried = np.linspace(-2, 2, 5 * weights.shape[1]).reshape(5, -1)
    if hasattr(final, "binarize"):
        tried = (tried > 0).astype(float)
    scores, wanted = tried @ weights.T + bias, final.predict_proba(tried)
    scores = scores.ravel() if len(weights) == 1 else scores
    for form in FORMS[scores.ndim]:
        if np.allclose(probable(scores.tolist(), form), wanted, rtol=1e-12, atol=1e-15):
            return form
    raise ValueError(f"how a {type(final).__name__} makes probabilities of its scores is not known")
