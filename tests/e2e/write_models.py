"""Writes the models of test_real_models.py with the real libraries: OUT is an empty folder.

python write_models.py OUT
"""

import sys
from pathlib import Path

import joblib
import mlflow
import mlflow.sklearn
import numpy as np
import pandas as pd
import sklearn
from mlflow.models.signature import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OUT = Path(sys.argv[1])
RANDOM = np.random.RandomState(0)
PEOPLE = pd.DataFrame(
    {"age": RANDOM.randint(18, 80, 80), "income": RANDOM.normal(size=80), "city": ["Oslo", "Rome"] * 40}
)


def rows(name, table):
    table.head(20).to_csv(OUT / f"{name}.csv", index=False)


def write_mlflow():
    steps = [("numbers", StandardScaler(), ["age", "income"]), ("texts", OneHotEncoder(), ["city"])]
    model = make_pipeline(ColumnTransformer(steps), LogisticRegression())
    model.fit(PEOPLE, PEOPLE["income"] > 0)
    signature = infer_signature(PEOPLE, model.predict(PEOPLE))
    mlflow.sklearn.save_model(model, str(OUT / "folder"), signature=signature, serialization_format="cloudpickle")
    rows("folder", PEOPLE)


def write_regressor():
    model = make_pipeline(StandardScaler(), RandomForestRegressor(10, random_state=0))
    table = PEOPLE[["age", "income"]]
    joblib.dump(model.fit(table, table["income"] * 2 + 1), OUT / "regressor.joblib", compress=3)
    rows("regressor", table)


def write_wide():
    table = pd.DataFrame(RANDOM.normal(size=(60, 600)), columns=[f"column {i}" for i in range(600)])
    joblib.dump(Ridge().fit(table, table.sum(axis=1)), OUT / "wide.joblib")
    rows("wide", table)


def write_categories():
    table = PEOPLE[["age", "city"]].astype({"city": "category"})
    joblib.dump(HistGradientBoostingClassifier().fit(table, PEOPLE["age"] > 40), OUT / "categories.joblib")
    rows("categories", table)


def write_texts():
    texts = [f"{mood} film no {i}" for i in range(40) for mood in ("good", "bad")]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    joblib.dump(model.fit(texts, ["bad" in text for text in texts]), OUT / "texts.joblib")
    rows("texts", pd.DataFrame({"review": texts}))


if __name__ == "__main__":
    write_mlflow()
    write_regressor()
    write_wide()
    write_texts()
    # older ones want numbers in the place of categories
    if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 6):
        write_categories()
