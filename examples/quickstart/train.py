"""Fit a classifier of penguin species and save it as an MLflow model folder."""

import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows = pd.read_csv("data/penguins.csv")
columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
measures = rows[columns].astype(float)

model = make_pipeline(StandardScaler(), LogisticRegression())
model.fit(measures, rows["species"])

signature = infer_signature(measures, model.predict(measures))
mlflow.sklearn.save_model(model, "model", signature=signature, input_example=measures.head(2))
