"""Splits by category, and encoders that put rare categories together, are the same when they are compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
proto = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
ensemble = pytest.importorskip("sklearn.ensemble")
preprocessing = pytest.importorskip("sklearn.preprocessing")
lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")

from deployc.targets.project.optimizers import onnx  # noqa: E402 - what it imports may be missing

from .comparing import Pair, Row, agree, pair  # noqa: E402
from .proofs import proved  # noqa: E402

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(21)
COUNT = 600
CITIES = ["Bergen", "Bodo", "Hamar", "Oslo", "Tromso"]
FRAME = pd.DataFrame(
    {
        "city": pd.Categorical(RANDOM.choice(CITIES, COUNT), categories=CITIES),
        "size": RANDOM.normal(size=COUNT).round(2),
        "rooms": pd.Categorical(RANDOM.choice([2, 3, 7], COUNT), categories=[2, 3, 7]),
    }
)
SCORE = FRAME["city"].isin(["Bergen", "Oslo"]) * 2.0 - (FRAME["rooms"] == 3) + FRAME["size"]
TWO, THREE = (SCORE > 0.5).astype(int), np.digitize(SCORE, [0, 1.2])
LABELLED = [("city", "string", True), ("size", "double", True), ("rooms", "long", True)]
NUMBERED = [("city", "double", False), ("size", "double", False), ("rooms", "double", False)]
CODES = [{city: i for i, city in enumerate(CITIES)}, {}, {2: 0, 3: 1, 7: 2}]
ROWS: list[dict[str, object]] = [
    {"city": city, "size": float(size), "rooms": int(rooms)}
    for city, size, rooms in zip(FRAME["city"], FRAME["size"], FRAME["rooms"], strict=True)
]
ODD = [
    ROWS[0] | change
    for change in ({"city": None}, {"city": "Paris"}, {"rooms": None}, {"rooms": 4}, {"size": None}, {"city": ""})
]
GROUPED = {"min_data_per_group": 5, "cat_smooth": 1, "verbose": -1, "n_jobs": 1}
BY_SETS = {"enable_categorical": True, "max_cat_to_onehot": 1, "n_jobs": 1, "n_estimators": 15}


def numbered(rows: Sequence[Row]) -> Any:
    """The rows as the service gives them to boosters: with the numbers of labels."""
    values = [[*row.values()] for row in rows]
    coded = [[codes.get(v) if codes else v for codes, v in zip(CODES, row, strict=True)] for row in values]
    return np.array(coded, dtype=np.float64)


BOOSTERS: Mapping[str, Callable[[], Any]] = {
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=20, **GROUPED),
    "lightgbm, one against the rest": lambda: lightgbm.LGBMClassifier(n_estimators=20, max_cat_to_onehot=9, **GROUPED),
    "xgboost": lambda: xgboost.XGBClassifier(**BY_SETS),
    "xgboost, dart": lambda: xgboost.XGBClassifier(booster="dart", rate_drop=0.3, **BY_SETS),
    "xgboost, one against the rest": lambda: xgboost.XGBClassifier(**BY_SETS | {"max_cat_to_onehot": 9}),
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", BOOSTERS)
def test_a_booster_of_labelled_categories_says_the_same(tmp_path: Path, kind: str, classes: int) -> None:
    table = FRAME.mask(RANDOM.random(FRAME.shape) < 0.05)
    model = BOOSTERS[kind]().fit(table, TWO if classes == 2 else THREE)
    both = pair(onnx, model, tmp_path, LABELLED, ["predict", "predict_proba"], numbered)
    agree(both, "predict", ROWS + ODD)
    agree(both, "predict_proba", ROWS + ODD)


def plain(rows: Sequence[Row]) -> Any:
    return np.array([[*row.values()] for row in rows], dtype=np.float64)


NUMBERS = [
    dict(zip(("city", "size", "rooms"), (float(c), float(s), float(r)), strict=True))
    for c, s, r in zip(FRAME["city"].cat.codes, FRAME["size"], FRAME["rooms"], strict=True)
]
BEYOND = [NUMBERS[0] | {"city": value} for value in (-1.0, -0.5, 0.7, 3.9, 5.0, 31.0, 32.0, 1e9, float("nan"))]


def test_categories_that_are_numbers_are_cut_off_as_the_original_cuts_them(tmp_path: Path) -> None:
    model = lightgbm.LGBMClassifier(n_estimators=20, **GROUPED)
    model.fit(plain(NUMBERS), TWO, categorical_feature=[0, 2])
    agree(pair(onnx, model, tmp_path, NUMBERED, ["predict_proba"], plain), "predict_proba", NUMBERS + BEYOND)


def test_categories_of_xgboost_that_are_numbers(tmp_path: Path) -> None:
    types = ["c", "q", "c"]
    model = xgboost.XGBClassifier(feature_types=types, **BY_SETS).fit(plain(NUMBERS), TWO)
    known = [row for row in BEYOND if row["city"] in (0.7, 3.9)]
    agree(pair(onnx, model, tmp_path, NUMBERED, ["predict_proba"], plain), "predict_proba", NUMBERS + known)


def tabled(rows: Sequence[Row]) -> Any:
    columns = {name: [np.nan if row[name] is None else row[name] for row in rows] for name in FRAME}
    return pd.DataFrame(columns).astype({"city": object, "size": float, "rooms": float})


@pytest.mark.parametrize("classes", [2, 3])
def test_histograms_of_categories_say_the_same(tmp_path: Path, classes: int) -> None:
    table = tabled(ROWS).mask(RANDOM.random(FRAME.shape) < 0.05)
    model = ensemble.HistGradientBoostingClassifier(categorical_features=["city", "rooms"], max_iter=20)
    model.fit(table, TWO if classes == 2 else THREE)
    both = pair(onnx, model, tmp_path, LABELLED, ["predict", "predict_proba"], tabled)
    agree(both, "predict", ROWS + ODD)
    agree(both, "predict_proba", ROWS + ODD)


def histograms() -> Any:
    model = ensemble.HistGradientBoostingClassifier(categorical_features=["city"], max_iter=20, random_state=0)
    return model.fit(tabled(ROWS), TWO)


@pytest.mark.parametrize("make", [histograms, lambda: BOOSTERS["lightgbm"]().fit(FRAME, TWO)], ids=["sklearn", "lgbm"])
def test_the_proof_of_a_build_finds_them_equal(tmp_path: Path, make: Callable[[], Any]) -> None:
    proof = proved(make(), [*ROWS[:40]], "onnx", tmp_path)
    assert not isinstance(proof, str), proof
    assert proof.equal, proof.first


def test_the_proof_refuses_a_set_that_lacks_a_category(tmp_path: Path) -> None:
    proof = proved(histograms(), [*ROWS[:40]], "onnx", tmp_path, sabotage=without_one)
    assert not isinstance(proof, str), proof
    assert not proof.equal


def without_one(data: bytes) -> bytes:
    """The file with one category on the other side in each of the sets."""
    file = proto.load_from_string(data)
    sets = next(c for c in file.graph.initializer if len(c.dims) == 2 and c.dims[0] == len(CITIES) + 2)
    values = proto.numpy_helper.to_array(sets).copy()
    values[3] = 1 - values[3]
    sets.CopyFrom(proto.numpy_helper.from_array(values, sets.name))
    return bytes(file.SerializeToString())


RARE = [("city", "string", True), ("plan", "string", False)]
SEEN = pd.DataFrame(
    {
        "city": RANDOM.choice(["Oslo", "Bergen", "Bodo", "Hamar", None], COUNT, p=[0.5, 0.3, 0.05, 0.05, 0.1]),
        "plan": RANDOM.choice(["a", "b"], COUNT),
    }
)
ENCODERS: Mapping[str, Callable[[], Any]] = {
    "unknown ones refused": lambda: preprocessing.OneHotEncoder(min_frequency=60),
    "unknown ones ignored": lambda: preprocessing.OneHotEncoder(min_frequency=60, handle_unknown="ignore"),
    "unknown ones are rare": lambda: preprocessing.OneHotEncoder(
        max_categories=3, handle_unknown="infrequent_if_exist", sparse_output=False
    ),
    "without the first": lambda: preprocessing.OneHotEncoder(max_categories=3, drop="first"),
    "one of two dropped": lambda: preprocessing.OneHotEncoder(max_categories=3, drop="if_binary"),
    "numbered": lambda: preprocessing.OrdinalEncoder(min_frequency=60, encoded_missing_value=-3),
    "numbered, unknown ones too": lambda: preprocessing.OrdinalEncoder(
        max_categories=3, handle_unknown="use_encoded_value", unknown_value=-1
    ),
}


class Dense:
    """A transformer whose answers are an array."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def transform(self, rows: Any) -> Any:
        made = self._model.transform(rows)
        return made.toarray() if hasattr(made, "toarray") else made


@pytest.mark.parametrize("kind", ENCODERS)
def test_rare_categories_are_put_together(tmp_path: Path, kind: str) -> None:
    def table(rows: Sequence[Row]) -> Any:
        columns = {name: [np.nan if row[name] is None else row[name] for row in rows] for name in SEEN}
        return pd.DataFrame(columns, dtype=object)

    texts = SEEN.to_dict("records")
    rows = [{name: text if isinstance(text, str) else None for name, text in row.items()} for row in texts]
    model = ENCODERS[kind]().fit(table(rows))
    found = pair(onnx, model, tmp_path, RARE, ["transform"], table)
    both = Pair(original=lambda _, r: Dense(model).transform(table(r)), compiled=found.compiled, make=found.make)
    agree(both, "transform", rows)
    for change in ({"city": "Paris"}, {"plan": "c"}, {"city": ""}, {"city": None}):
        refused, refuses = both.refusals("transform", rows[0] | change)
        assert refuses == refused, change
        if not refused:
            agree(both, "transform", [rows[0] | change])
