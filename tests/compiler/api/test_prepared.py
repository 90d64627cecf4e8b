"""Models of every library, as they are in memory, become files that deployc reads as the same models."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from deployc.compiler.api.prepared import Prepared, prepare
from deployc.compiler.cas import Cas
from deployc.schema.diagnostics import UserError

pytestmark = pytest.mark.slow
np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("sklearn")
xgboost = pytest.importorskip("xgboost")
lightgbm = pytest.importorskip("lightgbm")
catboost = pytest.importorskip("catboost")

RANDOM = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 80, 60),
        "income": RANDOM.normal(size=60),
        "city": pd.Categorical(RANDOM.choice(["Bern", "Oslo", "Rome"], 60)),
    }
)
NUMBERS = TABLE[["age", "income"]]
YES = (TABLE["income"] > 0).astype(int)
WORDS = np.where(YES, "yes", "no")
Cook = Callable[..., Prepared]


@pytest.fixture
def cooked(tmp_path: Path) -> Cook:
    """The files of one model and its sample."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def make(model: object, sample: object) -> Prepared:
        return prepare(model, sample, most=20, allow=(), cas=Cas(tmp_path / "cas"), scratch=scratch)

    return make


def text(cooked: Prepared, folder: Path, path: str) -> str:
    return Cas(folder / "cas").text(cooked.tree, path)


def test_the_scikit_learn_api_of_xgboost(cooked: Cook) -> None:
    spec = cooked(xgboost.XGBClassifier(n_estimators=3, enable_categorical=True).fit(TABLE, YES), TABLE).spec
    assert (spec.flavor, spec.class_name) == ("xgboost", "xgboost.sklearn.XGBClassifier")
    assert [c.type for c in spec.inputs] == ["long", "double", "string"]


def test_a_booster_of_xgboost(cooked: Cook) -> None:
    rows = xgboost.DMatrix(TABLE, YES, enable_categorical=True)
    spec = cooked(xgboost.train({"objective": "binary:logistic"}, rows, 3), TABLE).spec
    assert (spec.class_name, spec.file) == ("xgboost.core.Booster", "model.ubj")


def test_the_scikit_learn_api_of_lightgbm_keeps_its_labels(cooked: Cook, tmp_path: Path) -> None:
    found = cooked(lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(TABLE, WORDS), TABLE)
    assert found.spec.classes == ("no", "yes")
    # its file does not say which version wrote it
    assert f"lightgbm=={version('lightgbm')}\n" in text(found, tmp_path, "model/requirements.txt")


def test_a_booster_of_lightgbm(cooked: Cook) -> None:
    data = lightgbm.Dataset(NUMBERS, YES)
    spec = cooked(lightgbm.train({"objective": "binary", "verbose": -1}, data, 3), NUMBERS).spec
    assert (spec.class_name, spec.file) == ("lightgbm.basic.Booster", "model.txt")


def test_a_model_of_catboost(cooked: Cook) -> None:
    model = catboost.CatBoostClassifier(iterations=3, verbose=0, cat_features=["city"], allow_writing_files=False)
    spec = cooked(model.fit(TABLE.astype({"city": str}), WORDS), TABLE).spec
    assert (spec.class_name, spec.file) == ("catboost.core.CatBoostClassifier", "model.cbm")
    assert spec.classes == ("no", "yes")


def test_a_model_that_was_fitted_on_an_array(cooked: Cook) -> None:
    from sklearn.linear_model import LogisticRegression

    found = cooked(LogisticRegression().fit(NUMBERS.to_numpy(), WORDS), NUMBERS.to_numpy())
    assert [c.name for c in found.spec.inputs] == ["x0", "x1"]
    assert found.spec.container == "ndarray"
    assert found.rows
    assert len(found.rows.rows) == 20


def test_texts_of_digits_stay_texts(cooked: Cook) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rows = pd.DataFrame({"zip": ["01234", "98765"] * 5})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(rows, [0, 1] * 5)
    assert cooked(model, rows).inputs == {"zip": {"dtype": "string"}}


def test_a_sample_that_lacks_a_column_is_told(cooked: Cook) -> None:
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(NUMBERS, YES)
    with pytest.raises(UserError, match="sample-mismatch"):
        cooked(model, NUMBERS[["age"]])


def test_the_same_model_is_the_same_folder(cooked: Cook, tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    first = cooked(LinearRegression().fit(NUMBERS, YES), NUMBERS).tree
    (tmp_path / "scratch/model").rename(tmp_path / "before")
    assert cooked(LinearRegression().fit(NUMBERS, YES), NUMBERS).tree == first
