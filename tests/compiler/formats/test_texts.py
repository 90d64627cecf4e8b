"""A pipeline that begins with a vectorizer takes texts, one a row, by whatever name there is for them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from deployc.compiler.formats.flavor import Identity
from deployc.compiler.formats.inputs import inputs_of
from deployc.compiler.formats.sample import read_sample
from deployc.compiler.formats.signature import Signature, parse_signature
from deployc.compiler.model_spec import Column, Step
from deployc.schema.diagnostics import UserError

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


LISTS = [
    [{"type": "string", "required": True}],
    [{"type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1]}}],
    [{"type": "tensor", "tensor-spec": {"dtype": "object", "shape": [-1]}}],
]


@pytest.mark.parametrize("inputs", LISTS, ids=["a type alone", "an array of texts", "an array of objects"])
def test_a_list_of_texts_is_a_signature_for_them_alone(inputs: list[dict[str, object]]) -> None:
    signature = parse_signature({"inputs": json.dumps(inputs)})
    found = inputs_of(TEXTS, signature, read_sample(b"review\ngood film\n"))
    assert (found.columns, found.container) == ((Column(name="review", type="string"),), "texts")
    with pytest.raises(UserError, match="it is a list of texts, and nothing says that the model takes one"):
        inputs_of(replace(TEXTS, texts=False), signature, None)
