"""Fit a penguin's body mass in grams on numbers and categories with gaps; save the model in XGBoost's own format."""

import pandas as pd
import xgboost

rows = pd.read_csv("data/penguins.csv")
features = rows.drop(columns=["body_mass_g"]).astype({"island": "category", "sex": "category"})

table = xgboost.DMatrix(features, rows["body_mass_g"], enable_categorical=True)
settings = {"objective": "reg:squarederror", "max_depth": 3, "learning_rate": 0.2, "seed": 0}
xgboost.train(settings, table, num_boost_round=40).save_model("model.ubj")
