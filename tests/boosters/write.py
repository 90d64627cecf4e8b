"""Writes the models beside it with the real libraries, and what is true of each: OUT is an empty folder.

Those that are kept were written on Python 3.11 by xgboost-cpu 3.2.0, lightgbm 4.7.0, catboost 1.2.10, scikit-learn
1.9.1, numpy 2.4.6, pandas 3.1.1, joblib 1.6.0, skops 0.16.0, cloudpickle 3.1.2 and mlflow-skinny 3.17.2.

python write.py OUT
"""

import json
import pickle
import sys
from pathlib import Path

import joblib
import mlflow.xgboost
import numpy as np
import pandas as pd
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
    classes = np.asarray(model.classes_).tolist() if hasattr(model, "classes_") else []
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    TRUTH[name] = {"class": kind, "classes": classes, "rows": rows, "answers": answers}


def asked(model, table):
    """What a model with the scikit-learn API answers."""
    methods = [method for method in ("predict", "predict_proba") if hasattr(model, method)]
    return {method: getattr(model, method)(table.head(ROWS)) for method in methods}


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


if __name__ == "__main__":
    for write in (write_xgboost,):
        (OUT / write.__name__.removeprefix("write_")).mkdir()
        write()
    TABLE.head(ROWS).to_csv(OUT / "table.csv", index=False)
    NUMBERS.head(ROWS).to_csv(OUT / "numbers.csv", index=False)
    NUMBERS.head(ROWS).to_csv(OUT / "array.csv", index=False, header=["x0", "x1"])
    (OUT / "truth.json").write_text(json.dumps(TRUTH, indent=1) + "\n")
