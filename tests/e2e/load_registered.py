"""Asks a registered model as MLflow's users do: `python load_registered.py STORE MODEL CSV COLUMN ...` prints JSON."""

from __future__ import annotations

import json
import sys

import mlflow
import pandas as pd

store, model, rows, *columns = sys.argv[1:]
mlflow.set_tracking_uri(store)
loaded = mlflow.pyfunc.load_model(model)
table = pd.read_csv(rows)[columns].astype(float)
answers = {method: loaded.predict(table, params={"method": method}) for method in ("predict", "predict_proba")}
print(
    json.dumps(
        {"answers": answers, "tags": mlflow.MlflowClient().get_model_version_by_alias("penguins", "champion").tags}
    )
)
