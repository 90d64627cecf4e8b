"""Writes the models beside it with the real libraries, and what is true of each: OUT is an empty folder.

Those that are kept were written on Python 3.11 by xgboost-cpu 3.2.0, lightgbm 4.7.0, catboost 1.2.10, scikit-learn
1.9.1, numpy 2.4.6, pandas 3.1.1, joblib 1.6.0, skops 0.16.0, cloudpickle 3.1.2 and mlflow-skinny 3.17.2.

python write.py OUT
"""

import json
import pickle
import sys
from pathlib import Path

import catboost
import joblib
import lightgbm
import mlflow.catboost
import mlflow.lightgbm
import mlflow.xgboost
import numpy as np
import pandas as pd
import skops.io
import xgboost
from mlflow.models.signature import infer_signature
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

OUT = Path(sys.argv[1])
RANDOM = np.random.default_rng(0)
CITIES = ["Bern", "Oslo", "Rome"]
TABLE = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 80, 120),
        "income": RANDOM.normal(size=120).astype("float32").astype("float64"),
        "city": pd.Categorical(RANDOM.choice(CITIES, 120), categories=CITIES),
    }
)
NUMBERS = TABLE[["age", "income"]]
POSITIVE = ((TABLE["income"] > 0) ^ (TABLE["city"] == "Rome")).astype(int)
THREE = (TABLE["age"] % 3).to_numpy()
AMOUNT = TABLE["income"] * 2 + TABLE["age"] / 10
ROWS = 20
TRUTH = {}


def keep(name, model, rows, **methods):
    """What the library itself answers to the first rows, by method."""
    answers = {method: np.asarray(answer).tolist() for method, answer in methods.items()}
    classes = np.asarray(model.classes_).tolist() if hasattr(model, "predict_proba") else []
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    TRUTH[name] = {"class": kind, "classes": classes, "rows": rows, "answers": answers}


def asked(model, table):
    """What a model with the scikit-learn API answers."""
    methods = [method for method in ("predict", "predict_proba") if hasattr(model, method)]
    return {method: getattr(model, method)(table[:ROWS]) for method in methods}


def write_xgboost():
    def predicted(booster, table):
        return booster.predict(xgboost.DMatrix(table.head(ROWS), enable_categorical=True))

    data = xgboost.DMatrix(TABLE, POSITIVE, enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, data, 4)
    for name in ("booster.ubj", "booster.json"):
        booster.save_model(OUT / "xgboost" / name)
        keep(f"xgboost/{name}", booster, "table", predict=predicted(booster, TABLE))
    with open(OUT / "xgboost/booster.pkl", "wb") as file:
        pickle.dump(booster, file)
    keep("xgboost/booster.pkl", booster, "table", predict=predicted(booster, TABLE))
    signature = infer_signature(TABLE, booster.predict(data))
    mlflow.xgboost.save_model(booster, str(OUT / "xgboost/mlflow-booster"), signature=signature)
    keep("xgboost/mlflow-booster", booster, "table", predict=predicted(booster, TABLE))

    linear = xgboost.train({"booster": "gblinear"}, xgboost.DMatrix(NUMBERS, AMOUNT), 4)
    linear.save_model(OUT / "xgboost/linear.ubj")
    keep("xgboost/linear.ubj", linear, "numbers", predict=predicted(linear, NUMBERS))
    dart = xgboost.train(
        {"booster": "dart", "max_depth": 2}, xgboost.DMatrix(TABLE, AMOUNT, enable_categorical=True), 3
    )
    dart.save_model(OUT / "xgboost/dart.ubj")
    keep("xgboost/dart.ubj", dart, "table", predict=predicted(dart, TABLE))

    classifier = xgboost.XGBClassifier(n_estimators=4, max_depth=3, enable_categorical=True).fit(TABLE, POSITIVE)
    classifier.save_model(OUT / "xgboost/classifier.ubj")
    joblib.dump(classifier, OUT / "xgboost/classifier.joblib", compress=3)
    mlflow.xgboost.save_model(classifier, str(OUT / "xgboost/mlflow-classifier"))
    for name in ("classifier.ubj", "classifier.joblib", "mlflow-classifier"):
        keep(f"xgboost/{name}", classifier, "table", **asked(classifier, TABLE))

    array = xgboost.XGBClassifier(n_estimators=2, max_depth=2).fit(NUMBERS.to_numpy(), THREE)
    with open(OUT / "xgboost/array.pkl", "wb") as file:
        pickle.dump(array, file)
    keep("xgboost/array.pkl", array, "array", **asked(array, pd.DataFrame(NUMBERS.to_numpy())))

    pipeline = make_pipeline(SimpleImputer(), xgboost.XGBClassifier(n_estimators=2, max_depth=2)).fit(NUMBERS, THREE)
    joblib.dump(pipeline, OUT / "xgboost/pipeline.joblib")
    keep("xgboost/pipeline.joblib", pipeline, "numbers", **asked(pipeline, NUMBERS))
    regressor = xgboost.XGBRegressor(n_estimators=3, max_depth=2).fit(NUMBERS, AMOUNT)
    regressor.save_model(OUT / "xgboost/regressor.json")
    keep("xgboost/regressor.json", regressor, "numbers", **asked(regressor, NUMBERS))


def write_lightgbm():
    small = {"verbose": -1, "min_data_in_leaf": 5, "num_leaves": 4, "deterministic": True}

    def predicted(booster, table):
        return booster.predict(table.head(ROWS))

    booster = lightgbm.train({**small, "objective": "binary"}, lightgbm.Dataset(TABLE, POSITIVE), 3)
    booster.save_model(OUT / "lightgbm/booster.txt")
    with open(OUT / "lightgbm/booster.pkl", "wb") as file:
        pickle.dump(booster, file)
    mlflow.lightgbm.save_model(
        booster, str(OUT / "lightgbm/mlflow-booster"), signature=infer_signature(TABLE, predicted(booster, TABLE))
    )
    for name in ("booster.txt", "booster.pkl", "mlflow-booster"):
        keep(f"lightgbm/{name}", booster, "table", predict=predicted(booster, TABLE))
    data = lightgbm.Dataset(NUMBERS.to_numpy(), THREE)
    array = lightgbm.train({**small, "objective": "multiclass", "num_class": 3}, data, 2)
    array.save_model(OUT / "lightgbm/array.lgb")
    keep("lightgbm/array.lgb", array, "array", predict=array.predict(NUMBERS.head(ROWS).to_numpy()))

    words = np.where(POSITIVE == 1, "yes", "no")
    classifier = lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=5, num_leaves=4, verbose=-1)
    classifier.fit(TABLE, words)
    joblib.dump(classifier, OUT / "lightgbm/classifier.joblib", compress=3)
    skops.io.dump(classifier, OUT / "lightgbm/classifier.skops")
    saved = {"signature": infer_signature(TABLE, words)}
    mlflow.lightgbm.save_model(classifier, str(OUT / "lightgbm/mlflow-classifier"), **saved)
    as_pickle = {**saved, "serialization_format": "cloudpickle"}
    mlflow.lightgbm.save_model(classifier, str(OUT / "lightgbm/mlflow-pickled"), **as_pickle)
    for name in ("classifier.joblib", "classifier.skops", "mlflow-classifier", "mlflow-pickled"):
        keep(f"lightgbm/{name}", classifier, "table", **asked(classifier, TABLE))
    pipeline = make_pipeline(
        SimpleImputer(), lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=5, num_leaves=4, verbose=-1)
    )
    pipeline.fit(NUMBERS, words)
    joblib.dump(pipeline, OUT / "lightgbm/pipeline.joblib")
    keep("lightgbm/pipeline.joblib", pipeline, "numbers", **asked(pipeline, NUMBERS))


def write_catboost():
    small = {"iterations": 3, "depth": 2, "verbose": 0, "allow_writing_files": False, "random_seed": 0}
    table = TABLE.astype({"city": str}).astype({"city": object})

    def answers(model, rows):
        found = asked(model, rows)
        # where there are more than two classes, each row's is in a list of its own
        return {
            method: np.squeeze(answer, 1) if np.shape(answer)[1:] == (1,) else answer
            for method, answer in found.items()
        }

    words = np.where(POSITIVE == 1, "yes", "no")
    classifier = catboost.CatBoostClassifier(**small, cat_features=["city"]).fit(table, words)
    classifier.save_model(str(OUT / "catboost/classifier.cbm"))
    joblib.dump(classifier, OUT / "catboost/classifier.joblib", compress=3)
    signature = infer_signature(table, classifier.predict(table))
    mlflow.catboost.save_model(classifier, str(OUT / "catboost/mlflow"), signature=signature)
    for name in ("classifier.cbm", "classifier.joblib", "mlflow"):
        keep(f"catboost/{name}", classifier, "table", **answers(classifier, table))
    three = catboost.CatBoostClassifier(**small).fit(NUMBERS.to_numpy(), THREE)
    three.save_model(str(OUT / "catboost/array.cbm"))
    keep("catboost/array.cbm", three, "array", **answers(three, NUMBERS.to_numpy()[:ROWS]))
    regressor = catboost.CatBoostRegressor(**small, cat_features=["city"]).fit(table, AMOUNT)
    regressor.save_model(str(OUT / "catboost/regressor.cbm"))
    keep("catboost/regressor.cbm", regressor, "table", **answers(regressor, table))
    pipeline = make_pipeline(SimpleImputer(), catboost.CatBoostClassifier(**small)).fit(NUMBERS, words)
    joblib.dump(pipeline, OUT / "catboost/pipeline.joblib", compress=3)
    keep("catboost/pipeline.joblib", pipeline, "numbers", **answers(pipeline, NUMBERS))


if __name__ == "__main__":
    for write in (write_xgboost, write_lightgbm, write_catboost):
        (OUT / write.__name__.removeprefix("write_")).mkdir()
        write()
    TABLE.head(ROWS).to_csv(OUT / "table.csv", index=False)
    NUMBERS.head(ROWS).to_csv(OUT / "numbers.csv", index=False)
    NUMBERS.head(ROWS).to_csv(OUT / "array.csv", index=False, header=["x0", "x1"])
    (OUT / "truth.json").write_text(json.dumps(TRUTH, indent=1) + "\n")
