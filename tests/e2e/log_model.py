"""Trains a small model as MLflow's users do: fits it, logs it by its flavor, registers it. Run with all of MLflow."""

import sys

import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression

rows = pd.read_csv(sys.argv[1])
columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
with mlflow.start_run():
    model = LogisticRegression(max_iter=500).fit(rows[columns].astype(float), rows["species"])
    mlflow.log_metric("accuracy", model.score(rows[columns].astype(float), rows["species"]))
    example = rows[columns].astype(float).head(2)
    # said, since MLflow takes long to find them out
    needs, name = ["scikit-learn"], "penguins"
    mlflow.sklearn.log_model(
        model, name="model", registered_model_name=name, input_example=example, pip_requirements=needs
    )
mlflow.MlflowClient().set_registered_model_alias("penguins", "champion", "1")
