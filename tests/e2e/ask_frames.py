"""Asks the built package in four ways: `python ask_frames.py CSV ANSWERS.parquet` prints the answers as JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module

import dask.dataframe as dd
import pandas as pd
from msgspec.structs import astuple
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, struct

COLUMNS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
METHOD = "predict_proba"


def listed(table: pd.DataFrame) -> list[list[float]]:
    names = [name for name in table.columns if name.startswith("probabilities.")]
    found: list[list[float]] = table[names].to_numpy().tolist()
    return found


rows, answers = sys.argv[1:]
table = pd.read_csv(rows)
package = import_module("penguins")
predicted = package.predict_proba(table[COLUMNS].to_dict("records"))
dask = import_module("penguins.dask").scored(dd.from_pandas(table, npartitions=3), METHOD).compute()

spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
frame = spark.createDataFrame(table)
asked = import_module("penguins.spark").udf(METHOD)
made = frame.withColumn("answer", asked(struct(*map(col, COLUMNS)))).select("answer.*").toPandas()
print(
    json.dumps(
        {
            "predicted": [[*astuple(answer.probabilities)] for answer in predicted],
            "dask": listed(dask),
            "spark": listed(made),
            "file": listed(pd.read_parquet(answers)),
        }
    )
)
