"""Which values real encoders know, wherever in a model they stand, and in which columns it takes no others."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("sklearn")

from deployc.targets.project.learnt import by_column, categories  # noqa: E402 - what models need may be missing
from deployc.targets.project.probe import Asking, Column, closed_columns, working_row  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import FeatureUnion, make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder  # noqa: E402

pytestmark = pytest.mark.slow

NAMES = ["city", "rooms", "area"]
COLUMNS: list[Column] = [
    ("city", "string", False, None),
    ("rooms", "long", False, None),
    ("area", "double", False, None),
]
FRAME = pd.DataFrame(
    {"city": ["Rome", "Oslo", "Rome", "Oslo"] * 3, "rooms": [2, 3, 3, 2] * 3, "area": [9.0, 7, 5, 3] * 3}
)
LABELS = [0, 1, 0, 1] * 3
LEARNT = {"city": ["Oslo", "Rome"], "rooms": [2, 3]}


def encoded(encoder: Any, columns: Any, rest: Any = "passthrough") -> Any:
    return ColumnTransformer([("encoded", encoder, columns)], remainder=rest)


@pytest.mark.parametrize(
    "first",
    [
        encoded(OneHotEncoder(), ["city", "rooms"]),
        encoded(OneHotEncoder(), [0, 1]),
        encoded(OneHotEncoder(), [-3, -2]),
        encoded(OneHotEncoder(), slice(0, 2)),
        encoded(OneHotEncoder(), slice("city", "rooms")),
        encoded(OneHotEncoder(), [True, True, False]),
        encoded(OneHotEncoder(), lambda table: ["city", "rooms"]),
        encoded(make_pipeline(OrdinalEncoder()), ["city", "rooms"]),
        FeatureUnion(
            [("a", encoded(OneHotEncoder(), ["city"], "drop")), ("b", encoded(OrdinalEncoder(), ["rooms"], "drop"))]
        ),
    ],
)
def test_categories_are_found_by_column(first: Any) -> None:
    model = make_pipeline(first, LogisticRegression()).fit(FRAME, LABELS)
    found = by_column(categories(model, NAMES))
    assert {name: sorted(values, key=str) for name, values in found.items()} == LEARNT


def test_categories_are_found_by_place_where_the_model_was_trained_on_an_array() -> None:
    search = GridSearchCV(make_pipeline(encoded(OrdinalEncoder(), [0, 1]), LogisticRegression()), {}, cv=2)
    search.fit(FRAME.to_numpy(dtype=object), LABELS)
    assert by_column(categories(search, NAMES)) == LEARNT


def test_a_column_is_closed_where_the_model_refuses_others_and_the_row_holds_learnt_values_only_there() -> None:
    steps = [("known", OneHotEncoder(), ["city"]), ("any", OneHotEncoder(handle_unknown="ignore"), ["rooms"])]
    model = make_pipeline(ColumnTransformer(steps, remainder="passthrough"), LogisticRegression()).fit(FRAME, LABELS)
    asking = Asking(model=model, method="predict", columns=COLUMNS, container="dataframe")
    known = by_column(categories(model, NAMES))
    row = working_row(asking, known)
    assert row == {"city": "Oslo", "rooms": 1, "area": 1.0}
    assert closed_columns(asking, known, row) == {"city": ["Oslo", "Rome"]}


def test_null_is_among_the_values_where_the_model_has_learnt_it() -> None:
    columns: list[Column] = [("city", "string", True, None), *COLUMNS[1:]]
    for missing, values in ((np.nan, ["Oslo", "Rome", None]), ("Bern", ["Bern", "Oslo", "Rome"])):
        frame = FRAME.assign(city=[*FRAME.city[:-1], missing])
        model = make_pipeline(encoded(OneHotEncoder(), ["city"]), LogisticRegression()).fit(frame, LABELS)
        asking = Asking(model=model, method="predict", columns=columns, container="dataframe")
        known = by_column(categories(model, NAMES))
        row = working_row(asking, known)
        assert row is not None
        assert closed_columns(asking, known, row) == {"city": values}
