"""Fit a classifier of a penguin's sex on text, categories and numbers with gaps, and save it with joblib."""

import joblib
import pandas as pd
from features import CommentLength
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

rows = pd.read_csv("data/penguins.csv").dropna(subset=["Sex"])
features = rows.drop(columns=["Species", "Sex"])

columns = ColumnTransformer(
    [
        ("categories", OneHotEncoder(handle_unknown="ignore"), ["Island", "Clutch Completion"]),
        ("length", CommentLength(), ["Comments"]),
        ("numbers", SimpleImputer(strategy="median"), [c for c in features if c.endswith(")")]),
    ]
)
model = Pipeline([("columns", columns), ("forest", RandomForestClassifier(50, random_state=0))])
model.fit(features, rows["Sex"])
joblib.dump(model, "model.joblib", compress=3)
