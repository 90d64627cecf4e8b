"""Linear models of texts compiled to counts of their words: equal to the last bits, and a planted mistake is caught."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any  # models of a library without types

import pytest

pytest.importorskip("sklearn")

import msgspec
import numpy as np
import pandas as pd
from deployc.targets.project.optimizers import linear
from deployc.targets.project.proof.report import Proof
from deployc.targets.project.template.words import reader
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold, chi2
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from .proofs import Row, proved

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(11)
GOOD = ("great", "Lovely", "wonderful!", "très bien", "zażółć", "I'd go again")
BAD = ("awful", "BORING", "bad,", "déjà-vu", "never again", "so-so")
OTHER = ("the film", "was", "a very", "long story", "in 1999", "naïve", "x y", "STRAẞE", "10/10", "um - um - um")
LIKED = RANDOM.integers(0, 2, 200)
TEXTS = [
    " ".join(RANDOM.permutation([*RANDOM.choice(GOOD if liked else BAD, 2), *RANDOM.choice(OTHER, 5)]))
    for liked in LIKED
]
TABLE = pd.DataFrame(
    {
        "title": RANDOM.choice(OTHER, 200),
        "text": TEXTS,
        "stars": RANDOM.normal(size=200) * 3,
        "shop": RANDOM.choice(["north", "south", "west"], 200),
    }
)
LABELS = np.where(LIKED, "good", "bad")
THREE = RANDOM.choice(["good", "bad", "none"], 200)
ROWS: list[Row] = [*TABLE.head(40).to_dict("records")]

VECTORIZERS = [
    CountVectorizer(),
    CountVectorizer(binary=True, lowercase=False, ngram_range=(1, 2)),
    CountVectorizer(analyzer="char", ngram_range=(1, 3), strip_accents="ascii"),
    CountVectorizer(vocabulary=["film", "great", "awful"]),
    TfidfVectorizer(),
    TfidfVectorizer(sublinear_tf=True, norm="l1", stop_words=["the", "was"], ngram_range=(2, 3)),
    TfidfVectorizer(use_idf=False, strip_accents="unicode", token_pattern=r"(\w)\w*", max_features=20),
    TfidfVectorizer(norm=None, smooth_idf=False, min_df=2, stop_words="english"),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4), lowercase=False),
]


def reader_of(vectorizer: Any) -> Callable[[str | None], list[tuple[int, float]]]:
    data = linear.convert(
        make_pipeline(vectorizer, Ridge()).fit(TEXTS, LIKED), [("text", "string", False)], ["predict"]
    )
    return reader(msgspec.json.decode(data, type=linear.Sums).words[0])


READERS = [(vectorizer, reader_of(vectorizer)) for vectorizer in VECTORIZERS]


def exact(proof: Proof | str) -> Proof:
    assert isinstance(proof, Proof), proof
    assert proof.equal, proof.first
    assert proof.rows["words"] > 50
    return proof


def texts(vectorizer: Any, model: Any, labels: Any = LABELS) -> Any:
    return make_pipeline(vectorizer, model).fit(TEXTS, labels)


@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=str)
def test_texts_alone_are_cut_and_weighed_as_before(vectorizer: Any, tmp_path: Path) -> None:
    proof = exact(
        proved(
            texts(vectorizer, LogisticRegression()),
            [{"text": text} for text in TEXTS[:40]],
            "linear",
            tmp_path,
            count=300,
        )
    )
    assert all(method.largest <= 1e-15 for method in proof.methods)


@given(st.text() | st.text("aZéß -_,'1\u0301\n ", max_size=60))
def test_any_text_is_cut_and_weighed_as_before(text: str) -> None:
    for vectorizer, read in READERS:
        wanted = vectorizer.transform([text]).tocoo()
        places = wanted.coords[1] if hasattr(wanted, "coords") else wanted.col
        assert read(text) == [*zip(places.tolist(), wanted.data.tolist(), strict=True)]


@pytest.mark.parametrize("labels", [LABELS, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize(
    "model",
    [
        MultinomialNB(),
        MultinomialNB(fit_prior=False),
        ComplementNB(),
        ComplementNB(norm=True),
        BernoulliNB(),
        LinearSVC(),
        SGDClassifier(),
    ],
    ids=str,
)
def test_classifiers_of_texts(model: Any, labels: Any, tmp_path: Path) -> None:
    exact(
        proved(
            texts(TfidfVectorizer(), model, labels),
            [{"text": text} for text in TEXTS[:40]],
            "linear",
            tmp_path,
            count=300,
        )
    )


def test_many_classes_of_texts(tmp_path: Path) -> None:
    model = texts(TfidfVectorizer(), LogisticRegression(), RANDOM.integers(0, 9, 200))
    rows: list[Row] = [{"text": text} for text in ["", *TEXTS[:40]]]
    proof = exact(proved(model, rows, "linear", tmp_path, count=300))
    assert all(method.largest <= 1e-15 for method in proof.methods)


@pytest.mark.parametrize("dense", [False, True], ids=["sparse", "dense"])
def test_texts_beside_numbers_and_categories(dense: bool, tmp_path: Path) -> None:
    columns = make_column_transformer(
        (StandardScaler(), ["stars"]),
        (TfidfVectorizer(), "text"),
        (OneHotEncoder(handle_unknown="ignore"), ["shop"]),
        (CountVectorizer(), "title"),
        sparse_threshold=0.0 if dense else 1.0,
    )
    model = make_pipeline(columns, LogisticRegression()).fit(TABLE, THREE)
    assert model[0].sparse_output_ is not dense
    exact(proved(model, ROWS, "linear", tmp_path, count=300))


@pytest.mark.parametrize(
    "selector",
    [SelectKBest(chi2, k=12), VarianceThreshold(0.01), SelectFromModel(LinearSVC(), max_features=5, threshold=-np.inf)],
    ids=lambda selector: type(selector).__name__,
)
def test_words_numbers_and_categories_that_are_selected(selector: Any, tmp_path: Path) -> None:
    columns = make_column_transformer(
        (MinMaxScaler(), ["stars"]), (TfidfVectorizer(), "text"), (OneHotEncoder(handle_unknown="ignore"), ["shop"])
    )
    model = make_pipeline(columns, selector, MaxAbsScaler(), LogisticRegression()).fit(TABLE, LABELS)
    exact(proved(model, ROWS, "linear", tmp_path, count=300))


def test_words_that_are_selected_before_they_are_weighed(tmp_path: Path) -> None:
    vectorizer = make_pipeline(CountVectorizer(), SelectKBest(chi2, k=9), TfidfTransformer())
    exact(
        proved(
            texts(vectorizer, LogisticRegression()), [{"text": t} for t in TEXTS[:40]], "linear", tmp_path, count=300
        )
    )


def test_unions_scalers_and_weights_of_texts(tmp_path: Path) -> None:
    union = make_union(
        TfidfVectorizer(), make_pipeline(CountVectorizer(analyzer="char"), TfidfTransformer(), MaxAbsScaler())
    )
    union.set_params(transformer_weights={"tfidfvectorizer": 0.5})
    model = make_pipeline(union, Ridge()).fit(TEXTS, TABLE["stars"])
    exact(proved(model, [{"text": text} for text in TEXTS[:40]], "linear", tmp_path, count=300))


def test_a_search_answers_as_the_model_that_it_found(tmp_path: Path) -> None:
    search = GridSearchCV(make_pipeline(TfidfVectorizer(), LogisticRegression()), {"logisticregression__C": [0.1, 10]})
    exact(proved(search.fit(TEXTS, LABELS), [{"text": text} for text in TEXTS[:40]], "linear", tmp_path, count=300))


def test_naive_bayes_of_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame(RANDOM.poisson(3, (150, 4)).astype(float), columns=[*"abcd"])
    model = MultinomialNB().fit(table, THREE[:150])
    proof = proved(model, [*table.head(40).to_dict("records")], "linear", tmp_path, count=300)
    assert isinstance(proof, Proof)
    assert proof.equal, proof.first


@pytest.mark.parametrize(
    "vectorizer",
    [
        HashingVectorizer(n_features=16),
        CountVectorizer(dtype=np.float32),
        make_pipeline(CountVectorizer(), StandardScaler(with_mean=False), TfidfTransformer()),
    ],
    ids=["hashes", "single floats", "tfidf of other numbers"],
)
def test_what_is_cut_otherwise_is_not_converted(vectorizer: Any, tmp_path: Path) -> None:
    why = proved(
        texts(vectorizer, LogisticRegression()), [{"text": text} for text in TEXTS[:40]], "linear", tmp_path, count=300
    )
    assert isinstance(why, str)
    assert "it has a" in why


def swapped(part: dict[str, Any]) -> None:
    part["known"][3], part["known"][4] = part["known"][4], part["known"][3]


def short(part: dict[str, Any]) -> None:
    part["norm"] = "l1"


def loud(part: dict[str, Any]) -> None:
    part["lowercase"] = False


def rare(part: dict[str, Any]) -> None:
    part["rarity"][0] *= 1.01


@pytest.mark.parametrize("mistake", [swapped, short, loud, rare], ids=lambda mistake: str(mistake.__name__))
def test_a_planted_mistake_is_caught(mistake: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    def planted(data: bytes) -> bytes:
        made = json.loads(data)
        mistake(made["words"][0])
        return json.dumps(made).encode()

    model = texts(TfidfVectorizer(), LogisticRegression())
    proof = proved(model, [{"text": text} for text in TEXTS[:40]], "linear", tmp_path, count=300, sabotage=planted)
    assert isinstance(proof, Proof)
    assert not proof.equal
