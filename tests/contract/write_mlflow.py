"""Writes the models of test_mlflow.py with MLflow itself: `python write_mlflow.py OUT`, where OUT is a folder."""

import sys
from pathlib import Path

import mlflow.sklearn
import mlflow.xgboost
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

OUT = Path(sys.argv[1])
RANDOM = np.random.default_rng(0)
ROWS = 200


def write(model, name, inputs):
    signature = ModelSignature(inputs=inputs)
    path = str(OUT / name)
    mlflow.sklearn.save_model(model, path, signature=signature, serialization_format="cloudpickle", pip_requirements=[])


def write_table():
    table = pd.DataFrame(
        {
            "double": RANDOM.normal(size=ROWS),
            "long": RANDOM.integers(0, 9, ROWS),
            "float": RANDOM.normal(size=ROWS).astype("float32"),
            "boolean": RANDOM.integers(0, 2, ROWS).astype(bool),
            "string": RANDOM.choice(["a", "b"], ROWS),
            "optional": RANDOM.choice(["a", "b"], ROWS),
            "integer": RANDOM.integers(0, 9, ROWS).astype("int32"),
        }
    )
    labels = np.where(table["double"] * 3 + table["long"] - 4 + table["boolean"] > 0, "yes", "no")
    texts = OneHotEncoder(handle_unknown="ignore"), ["string", "optional"]
    numbers = SimpleImputer(), ["double", "long", "float", "boolean", "integer"]
    model = make_pipeline(make_column_transformer(texts, numbers), LogisticRegression()).fit(table, labels)
    kinds = ["double", "long", "float", "boolean", "string", "string", "integer"]
    columns = [ColSpec(kind, name, required=name != "optional") for kind, name in zip(kinds, table, strict=True)]
    write(model, "table", Schema(columns))


def write_array():
    rows = RANDOM.normal(size=(ROWS, 3))
    model = LinearRegression().fit(rows, rows @ [1.0, 2.0, 3.0])
    write(model, "array", Schema([TensorSpec(np.dtype("float64"), (-1, 3))]))


def write_told():
    rows = pd.DataFrame({"a": RANDOM.normal(size=ROWS), "b": RANDOM.normal(size=ROWS)})
    data = xgboost.DMatrix(rows, np.digitize(rows["a"] + rows["b"], [-0.5, 0.5]))
    model = xgboost.train({"objective": "multi:softprob", "num_class": 3, "nthread": 1}, data, 6)
    flags = ["pred_leaf", "pred_contribs", "pred_interactions", "strict_shape"]
    params = ParamSchema(
        [
            ParamSpec("output_margin", "boolean", True),
            *(ParamSpec(name, "boolean", False) for name in flags),
            ParamSpec("iteration_range", "long", [0, 4], shape=(-1,)),
            ParamSpec("threshold", "double", 0.5),
        ]
    )
    signature = ModelSignature(inputs=Schema([ColSpec("double", "a"), ColSpec("double", "b")]), params=params)
    mlflow.xgboost.save_model(model, str(OUT / "told"), signature=signature, pip_requirements=[])


if __name__ == "__main__":
    write_table()
    write_array()
    write_told()
