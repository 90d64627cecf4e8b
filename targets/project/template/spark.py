"""Answers to a Spark DataFrame, whose workers need this package installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any  # a column of Spark's

import pandas as pd
from pyspark.sql.functions import pandas_udf
from pyspark.sql.types import DataType, DoubleType, LongType, StringType, StructField, StructType

from .frames import METHOD, answered, columns, dtype

TYPES: dict[str, DataType] = {"float64": DoubleType(), "Int64": LongType(), "object": StringType()}


def udf(method: str = METHOD) -> Callable[[Any], Any]:
    """A pandas UDF from a struct of the model's columns to a struct of answers.

    frame.withColumn("answer", udf()(struct("age", "income")))
    """

    def ask(table: pd.DataFrame) -> pd.DataFrame:
        return answered(table, method)

    fields = [StructField(column.name, TYPES[dtype(column)]) for column in columns(method)]
    # Spark reads annotations, which are texts here.
    ask.__annotations__ = {"table": pd.DataFrame, "return": pd.DataFrame}
    found: Callable[[Any], Any] = pandas_udf(StructType(fields))(ask)
    return found
