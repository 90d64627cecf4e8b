"""scikit-learn's naive Bayes as linear models: a product with logarithms of chances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from .fitted import Fitted
from .sums_table import Table, Words

Product = tuple[Table, Fitted, Fitted]
"""The table, what it is multiplied by, and what is added then."""


def counted(model: Fitted, table: Table) -> Product:
    return table, model.feature_log_prob_, model.class_log_prior_


def complementary(model: Fitted, table: Table) -> Product:
    return table, model.feature_log_prob_, model.class_log_prior_ if len(model.classes_) == 1 else 0.0


def binary(model: Fitted, table: Table) -> Product:
    """Of which words are there, however often and whatever they are worth."""
    words = [part for part in table.parts if isinstance(part, Words) and all(factor > 0 for factor in part.factors)]
    if model.binarize != 0.0 or len(words) != len(table.parts):
        raise ValueError("it has a BernoulliNB of something else than which words are there")
    made = [replace(part, binary=True, sublinear=False, rarity=(), norm="", factors=()) for part in words]
    without = np.log(1 - np.exp(model.feature_log_prob_))
    added = model.class_log_prior_ + without.sum(axis=1)
    return replace(table, parts=tuple(made)), model.feature_log_prob_ - without, added


PRODUCTS: Mapping[str, Callable[[Fitted, Table], Product]] = {
    "BernoulliNB": binary,
    "ComplementNB": complementary,
    "MultinomialNB": counted,
}
