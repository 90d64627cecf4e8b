"""A linear model with all that stands before it, as the data of its few sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from math import isfinite
from typing import Any  # what becomes JSON

import msgspec
import numpy as np

from .fitted import Fitted
from .sums_parts import transformed
from .sums_table import Choice, Number, Other, Part, Table, Words, numeric, rows

Probable = Callable[[Sequence[float | list[float]], str], list[list[float]]]
FORMS = {1: ("two classes", "softmax of two"), 2: ("softmax", "each class")}
"""From scores to probabilities, by the dimensions of the scores."""


def converted(
    model: object, columns: Sequence[tuple[str, str, bool]], methods: Sequence[str], probable: Probable
) -> bytes:
    """The model as JSON; ValueError says why it has no such form."""
    # a search answers as the best model that it found
    model = getattr(model, "best_estimator_", model)
    *first, final = parts(model)
    table = rows(columns, named=hasattr(model, "feature_names_in_"))
    for step in first:
        table = transformed(step, table)
    if type(final).__name__ == "BernoulliNB":
        table = present(table, final.binarize)
    product, added = product_of(final)
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
    steps = [step for _, step in getattr(model, "steps", [("", model)]) if step not in (None, "passthrough")]
    if steps and hasattr(steps[-1], "steps"):
        steps[-1:] = parts(steps[-1])
    if not steps or not (hasattr(steps[-1], "coef_") or hasattr(steps[-1], "feature_log_prob_")):
        raise ValueError(f"a {type(steps[-1] if steps else model).__name__} is no linear model")
    return steps


def present(table: Table, limit: float | None) -> Table:
    """Which words are there, however often and whatever they are worth."""
    parts = [part for part in table.parts if isinstance(part, Words) and all(factor > 0 for factor in part.factors)]
    if limit != 0.0 or len(parts) != len(table.parts):
        raise ValueError("it has a BernoulliNB of something else than which words are there")
    made = [replace(part, binary=True, sublinear=False, rarity=(), norm="", factors=()) for part in parts]
    return replace(table, parts=tuple(made))


def product_of(final: Fitted) -> tuple[Fitted, Fitted]:
    """What the table is multiplied by, and what is added then; naive Bayes has logarithms of chances there."""
    if hasattr(final, "coef_"):
        return final.coef_, final.intercept_
    if type(final).__name__ == "BernoulliNB":
        without = np.log(1 - np.exp(final.feature_log_prob_))
        return final.feature_log_prob_ - without, final.class_log_prior_ + without.sum(axis=1)
    prior = final.class_log_prior_ if type(final).__name__ == "MultinomialNB" or len(final.classes_) == 1 else 0.0
    return final.feature_log_prob_, prior


def described(table: Table) -> dict[str, Any]:
    """The table, and what a row's columns do to it."""
    base: list[float] = []
    found: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for (number, *_), group in groupby(table.parts, key=alike):
        if number:
            one = [part for part in group if isinstance(part, Number)]
            found.append(side_by_side(one, len(base)))
            base += [0.0] * len(one)
            continue
        for part in group:
            assert not isinstance(part, Number | Other)
            if isinstance(part, Words):
                words.append(texts(part, len(base)))
                base += [0.0] * part.width
                continue
            found.append(choice(part, len(base)))
            base += part.base
    if table.sparse and any(base):
        raise ValueError("a sparse table holds more than the encoders' ones")
    return {
        "table": base,
        "parts": found,
        "words": words,
        "dtype": table.dtype,
        "by_column": table.by_column,
        "sparse": table.sparse,
    }


def alike(part: Part) -> tuple[Any, ...]:
    """What columns have in common that may be looked at together."""
    if isinstance(part, Number):
        return (True, part.read, *((name, dtype) for name, _, dtype in part.steps))
    return (False,)


def side_by_side(columns: Sequence[Number], start: int) -> dict[str, Any]:
    first = columns[0]
    return {
        "type": "numbers",
        "start": start,
        "columns": [column.source.place for column in columns],
        "optional": any(column.source.optional for column in columns),
        "dtype": first.read,
        "steps": [
            {"name": name, "values": [column.steps[i][1] for column in columns], "dtype": dtype}
            for i, (name, _, dtype) in enumerate(first.steps)
        ],
    }


def choice(part: Choice, start: int) -> dict[str, Any]:
    cells = [cell and (start + cell[0], cell[1]) for cell in (*part.cells, part.other)]
    made = {"column": part.source.place, "cells": cells[:-1], "refuses": part.refuses}
    if part.ranges:
        return {"type": "bins", "edges": part.known, "missing": cells[-1], **made}
    return {"type": "choice", "known": part.known, "other": cells[-1], **made}


def texts(part: Words, start: int) -> dict[str, Any]:
    return {
        "column": part.source.place,
        **part.reading,
        "known": part.known,
        "places": [None if place is None else start + place for place in part.places],
        "binary": part.binary,
        "sublinear": part.sublinear,
        "rarity": part.rarity,
        "norm": part.norm,
        "factors": part.factors,
    }


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
