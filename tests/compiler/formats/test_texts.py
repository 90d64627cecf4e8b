"""A pipeline that begins with a vectorizer takes texts, one a row, by whatever name there is for them."""

from __future__ import annotations

import pytest
from deployc.compiler.formats.flavor import Identity
from deployc.compiler.formats.inputs import inputs_of
from deployc.compiler.formats.sample import read_sample
from deployc.compiler.formats.signature import Signature
from deployc.compiler.model_spec import Column, Step

TEXTS = Identity(
    class_name="sklearn.pipeline.Pipeline",
    methods=("predict",),
    steps=(Step(name="texts", class_name="sklearn.feature_extraction.text.TfidfVectorizer"),),
    texts=True,
)


@pytest.mark.parametrize(
    ("signature", "sample", "name"),
    [
        (None, None, "text"),
        (None, b"review,stars\ngood film,5\n", "review"),
        (Signature(inputs=(Column(name="body", type="string"),), named=True), None, "body"),
        (Signature(inputs=(Column(name="x0", type="string"),), named=False), None, "text"),
    ],
)
def test_the_one_column_has_the_name_that_there_is(
    signature: Signature | None, sample: bytes | None, name: str
) -> None:
    found = inputs_of(TEXTS, signature, read_sample(sample) if sample else None)
    assert (found.columns, found.container) == ((Column(name=name, type="string"),), "texts")
    assert bool(found.notes) == (name == "text")
