"""scikit-learn's vectorizers of texts, as the words of a linear model's table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fitted import Fitted
from .sums_table import Other, Table, Words

OWN = ("preprocessor", "tokenizer")
"""Parameters that may hold a user's own function."""


def counts(model: Fitted, table: Table) -> Table:
    """How often each known word stands in a text."""
    name = type(model).__name__
    if len(table.parts) != 1 or not isinstance(table.parts[0], Other) or table.parts[0].source.kind != "string":
        raise ValueError(f"it has a {name} that reads something else than one column of texts")
    if callable(model.analyzer) or any(getattr(model, own) is not None for own in OWN):
        raise ValueError(f"it has a {name} that cuts texts with a function of its own")
    if model.input != "content" or callable(model.strip_accents) or np.dtype(model.dtype) == np.float32:
        raise ValueError(f"it has a {name} of files, with a function for accents, or of single floats")
    known = sorted(model.vocabulary_, key=model.vocabulary_.__getitem__)
    if [int(model.vocabulary_[word]) for word in known] != [*range(len(known))]:
        raise ValueError(f"it has a {name} whose vocabulary leaves columns out")
    shortest, longest = map(int, model.ngram_range)
    part = Words(
        source=table.parts[0].source,
        reading={
            "analyzer": model.analyzer,
            "lowercase": bool(model.lowercase),
            "accents": model.strip_accents or "",
            "pattern": model.token_pattern or "",
            "left_out": sorted(model.get_stop_words() or ()) if model.analyzer == "word" else [],
            "shortest": shortest,
            "longest": longest,
        },
        known=tuple(map(str, known)),
        places=tuple(range(len(known))),
        binary=bool(model.binary),
    )
    return Table(parts=(part,), sparse=True)


def weights(model: Fitted, table: Table) -> Table:
    """TfidfTransformer: what words are worth, and texts of one length."""
    if len(table.parts) != 1 or not isinstance(table.parts[0], Words) or _changed(table.parts[0]):
        raise ValueError("it has a TfidfTransformer of something else than a vectorizer's counts")
    part = table.parts[0]
    # words that were not selected weigh on no others here
    known = tuple(word for word, place in zip(part.known, part.places, strict=True) if place is not None)
    part = replace(
        part,
        known=known,
        places=tuple(range(len(known))),
        sublinear=bool(model.sublinear_tf),
        rarity=tuple(model.idf_.tolist()) if model.use_idf else (),
        norm=model.norm or "",
    )
    return replace(table, parts=(part,))


def weighted_counts(model: Fitted, table: Table) -> Table:
    """TfidfVectorizer: both in one."""
    return weights(model._tfidf, counts(model, table))


def _changed(part: Words) -> bool:
    return bool(part.norm or part.sublinear or part.rarity or part.factors)
