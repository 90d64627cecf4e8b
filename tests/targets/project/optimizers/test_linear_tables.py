"""Linear models behind imputers and encoders: the same bits as scikit-learn's, and the same rows refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any  # models and tables of libraries without types

import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("sklearn")

from deployc.targets.project.optimizers import linear  # noqa: E402 - what it imports may be missing
from deployc.targets.project.proof.report import Proof  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.feature_selection import SelectKBest  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import Lasso, LogisticRegression, Ridge  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline, make_union  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import LinearSVC  # noqa: E402

from .comparing import Pair, Row, pair  # noqa: E402
from .proofs import proved  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

RANDOM = np.random.default_rng(0)
COUNT = 200
COLUMNS = [
    ("age", "double", True),
    ("visits", "long", False),
    ("size", "double", False),
    ("city", "string", True),
    ("plan", "string", False),
    ("member", "boolean", False),
]
DTYPES = {"double": "float64", "long": "int64", "string": "object", "boolean": "bool"}
NUMBERS, TEXTS = ["age", "size", "visits"], ["city", "plan"]


def frame(rows: Sequence[Row]) -> Any:
    """The rows as the service gives them to the original."""
    columns = {name: [np.nan if row[name] is None else row[name] for row in rows] for name, *_ in COLUMNS}
    return pd.DataFrame({name: np.array(columns[name], DTYPES[kind]) for name, kind, _ in COLUMNS})


ROWS: list[Row] = [
    {
        "age": None if RANDOM.random() < 0.1 else float(RANDOM.normal() * 3),
        "visits": int(RANDOM.integers(0, 9)),
        "size": float(RANDOM.normal()),
        "city": [None, "Oslo", "Bergen", "Bod\u00f8", ""][RANDOM.integers(5)],
        "plan": ["a", "b"][RANDOM.integers(2)],
        "member": bool(RANDOM.random() < 0.5),
    }
    for _ in range(COUNT)
]
TWO = ["yes" if (row["plan"] == "a") + RANDOM.normal() > 0.5 else "no" for row in ROWS]
THREE = RANDOM.integers(0, 3, COUNT)
AMOUNT = frame(ROWS)["size"] * 2 + RANDOM.normal(size=COUNT)


def scaled(**options: Any) -> Any:
    return make_pipeline(SimpleImputer(**options), StandardScaler())


def table(texts: Any, sparse: float = 0.3, numbers: Any = None, **options: Any) -> Any:
    parts = [("numbers", numbers or scaled(), NUMBERS), ("texts", texts, TEXTS)]
    return ColumnTransformer(parts, sparse_threshold=sparse, **options)


ENCODERS: Mapping[str, Callable[[], Any]] = {
    "a column for each": OneHotEncoder,
    "unknown ones ignored": lambda: OneHotEncoder(handle_unknown="ignore"),
    "dense": lambda: OneHotEncoder(sparse_output=False),
    "without the first": lambda: OneHotEncoder(drop="first", handle_unknown="ignore"),
    "without one of two": lambda: OneHotEncoder(drop="if_binary"),
    "rare ones together": lambda: OneHotEncoder(min_frequency=0.22, handle_unknown="infrequent_if_exist"),
    "rare ones together, without the first": lambda: OneHotEncoder(
        max_categories=2, drop="first", handle_unknown="infrequent_if_exist"
    ),
    "filled in": lambda: make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()),
    "filled in with a text": lambda: make_pipeline(
        SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(handle_unknown="ignore")
    ),
    "by the target": lambda: TargetEncoder(random_state=0),
    "numbered": lambda: make_pipeline(SimpleImputer(strategy="most_frequent"), OrdinalEncoder()),
    "numbered, unknown ones too": lambda: OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    ),
    "numbered and filled in": lambda: make_pipeline(
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), SimpleImputer(), StandardScaler()
    ),
}
ignoring = ENCODERS["unknown ones ignored"]
MODELS: Mapping[str, tuple[Callable[[], Any], Any]] = {
    "scaled afterwards": (lambda: make_pipeline(table(OneHotEncoder()), StandardScaler(), LogisticRegression()), TWO),
    "a sparse table scaled": (
        lambda: make_pipeline(table(ignoring(), 1), StandardScaler(with_mean=False), LogisticRegression()),
        TWO,
    ),
    "a sparse table by its greatest": (
        lambda: make_pipeline(table(ignoring(), 1), MaxAbsScaler(), LogisticRegression()),
        TWO,
    ),
    "the rest passed on": (
        lambda: make_pipeline(table(OneHotEncoder(), remainder="passthrough"), LogisticRegression()),
        TWO,
    ),
    "weights": (
        lambda: make_pipeline(table(OneHotEncoder(), transformer_weights={"texts": 0.3}), LogisticRegression()),
        TWO,
    ),
    "what is missing, told": (
        lambda: make_pipeline(table(OneHotEncoder(), numbers=scaled(add_indicator=True)), LogisticRegression()),
        TWO,
    ),
    "medians, clipped": (
        lambda: make_pipeline(
            table(
                OneHotEncoder(),
                numbers=make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler(clip=True)),
            ),
            LogisticRegression(),
        ),
        TWO,
    ),
    "ranges": (
        lambda: make_pipeline(
            table(OneHotEncoder(), numbers=make_pipeline(SimpleImputer(), KBinsDiscretizer(4))), LogisticRegression()
        ),
        TWO,
    ),
    "numbers as categories": (
        lambda: make_pipeline(
            ColumnTransformer([("n", scaled(), ["age"]), ("c", OneHotEncoder(), ["visits", "member"])]),
            LogisticRegression(),
        ),
        TWO,
    ),
    "tables side by side": (
        lambda: make_pipeline(
            ColumnTransformer([("n", SimpleImputer(), NUMBERS)]),
            make_union(StandardScaler(), MinMaxScaler(), KBinsDiscretizer(3, encode="ordinal")),
            LogisticRegression(),
        ),
        TWO,
    ),
    "pipelines within pipelines": (
        lambda: make_pipeline(
            ColumnTransformer([("all", make_pipeline(table(ignoring()), MaxAbsScaler()), NUMBERS + TEXTS)]),
            make_pipeline(StandardScaler(with_mean=False), LogisticRegression()),
        ),
        TWO,
    ),
    "numbers that are selected": (
        lambda: make_pipeline(
            ColumnTransformer([("n", scaled(), NUMBERS)]),
            SelectKBest(k=1),
            LogisticRegression(),
        ),
        TWO,
    ),
    "a search within a pipeline": (
        lambda: make_pipeline(table(OneHotEncoder()), GridSearchCV(LogisticRegression(), {"C": [0.1, 1]})),
        TWO,
    ),
    "three classes, by the target": (
        lambda: make_pipeline(table(TargetEncoder(random_state=0)), LogisticRegression()),
        THREE,
    ),
    "three classes": (lambda: make_pipeline(table(ignoring(), 0), LogisticRegression()), THREE),
    "three classes, sparse": (lambda: make_pipeline(table(ignoring(), 1), LogisticRegression()), THREE),
    "three margins, sparse": (lambda: make_pipeline(table(ignoring(), 1), LinearSVC()), THREE),
    "an amount": (lambda: make_pipeline(table(ignoring(), 0), Ridge()), AMOUNT),
    "an amount, sparse": (lambda: make_pipeline(table(ignoring(), 1), Lasso(0.01)), AMOUNT),
    "two amounts": (
        lambda: make_pipeline(table(ignoring(), 1), Ridge()),
        np.stack([AMOUNT, AMOUNT**2], axis=1),
    ),
}
ODD: Sequence[Row] = [
    *({"city": value} for value in ("Paris", "", None)),
    {"plan": "c"},
    *({"age": value} for value in (None, float("inf"), 1e300, -0.0)),
    *({"size": value} for value in (float("nan"), float("-inf"), 1.7e308)),
    *({"visits": value} for value in (-5, 2**53 + 1)),
]


def compiled(model: Any, folder: Path) -> tuple[Pair, Sequence[str]]:
    methods = [m for m in ("predict", "predict_proba", "decision_function") if hasattr(model, m)]
    return pair(linear, model, folder, COLUMNS, methods, frame), methods


def same_bits(model: Any, folder: Path) -> None:
    both, methods = compiled(model, folder)
    for method in methods:
        for rows in (ROWS, *([row] for row in ROWS[:5])):
            original, answers = both.answers(method, rows)
            assert answers == original
    for change in ODD:
        row = {**ROWS[0], **change}
        refused, refuses = both.refusals(methods[-1], row)
        assert refuses == refused, change
        if not refused:
            original, answers = both.answers(methods[-1], [row])
            assert answers == original, change


@pytest.mark.parametrize("sparse", [0, 1], ids=["dense", "sparse"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_encoders_give_the_same_bits(tmp_path: Path, encoder: str, sparse: int) -> None:
    same_bits(make_pipeline(table(ENCODERS[encoder](), sparse), LogisticRegression()).fit(frame(ROWS), TWO), tmp_path)


@pytest.mark.parametrize("kind", MODELS)
def test_pipelines_give_the_same_bits(tmp_path: Path, kind: str) -> None:
    make, wanted = MODELS[kind]
    same_bits(make().fit(frame(ROWS), wanted), tmp_path)


def test_it_is_proved_and_a_category_in_the_place_of_another_is_caught(tmp_path: Path) -> None:
    names = [name for name, *_ in COLUMNS if name != "member"]
    rows: list[Row] = [{name: row[name] for name in names} for row in ROWS[:60]]
    model = make_pipeline(table(ignoring()), LogisticRegression()).fit(frame(ROWS)[names], TWO)
    found = proved(model, rows, "linear", tmp_path)
    assert isinstance(found, Proof), found
    assert found.equal, found.first
    (tmp_path / "again").mkdir()
    found = proved(model, rows, "linear", tmp_path / "again", sabotage=swapped)
    assert isinstance(found, Proof)
    assert not found.equal


def swapped(data: bytes) -> bytes:
    sums: dict[str, Any] = json.loads(data)
    part = next(part for part in sums["parts"] if part["type"] == "choice")
    part["cells"][0], part["cells"][1] = part["cells"][1], part["cells"][0]
    return json.dumps(sums).encode()


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (OrdinalEncoder(min_frequency=100), "OrdinalEncoder: infrequent categories cannot be converted"),
        ("passthrough", "the column `city` of type string is taken for a number"),
        (
            make_pipeline(SimpleImputer(strategy="most_frequent", add_indicator=True), OneHotEncoder()),
            "an encoder stands behind an encoder",
        ),
        (
            make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OneHotEncoder()),
            "it has a SimpleImputer to which '' is what is missing",
        ),
    ],
    ids=["rare ones numbered", "texts passed on", "flags encoded", "another value for what is missing"],
)
def test_what_is_not_converted_is_named(texts: Any, why: str) -> None:
    rows = frame(ROWS)
    given = rows if "behind" in why else rows.assign(city=rows["city"].fillna("none"))
    columns = table(texts).fit(given)
    model = LogisticRegression().fit(RANDOM.random((COUNT, 2)), TWO)
    with pytest.raises(ValueError, match=why):
        linear.convert(make_pipeline(columns, model), COLUMNS, ["predict"])
