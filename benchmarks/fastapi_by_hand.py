"""A model's service as most are written by hand: FastAPI, a pydantic model of the row, and the model out of joblib."""

from __future__ import annotations

import os
from typing import Any  # a model has no type

import joblib
from fastapi import FastAPI
from pydantic import create_model

model: Any = joblib.load(os.environ["MODEL"])
fields: dict[str, Any] = {f"x{i}": (float, ...) for i in range(30)}
Row = create_model("Row", **fields)

app = FastAPI()


@app.post("/predict")
async def predict(row: Row) -> dict[str, int]:  # type: ignore[valid-type]  # it is made from the columns' names
    """The label of one row."""
    values = [[*row.model_dump().values()]]  # type: ignore[attr-defined]  # as above
    return {"prediction": int(model.predict(values)[0])}
