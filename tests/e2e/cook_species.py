"""Cooks a classifier of penguins, as a notebook would, and says what came of it: ROOT is examples/quickstart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from deployc.compiler import cook
from own_features import Ratio
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

SMALLEST = 0.5


def bounded(table: pd.DataFrame) -> pd.DataFrame:
    """A function of the script itself, with a constant and an import of it."""
    return table.mask(np.abs(table) < SMALLEST, SMALLEST)


rows = pd.read_csv(Path(sys.argv[1]) / "data/penguins.csv").dropna()
measures = rows[["bill_length_mm", "bill_depth_mm"]].astype(float)
model = make_pipeline(FunctionTransformer(bounded), Ratio(), StandardScaler(), LogisticRegression()).fit(
    measures, rows["species"]
)

lines = Path("lines.txt")
lines.write_text(f"pandas=={pd.__version__}  # installed already\n", encoding="utf-8")
# a table of the sample's rows is compared as a path of this process's own
parity = {"parity": {"rows": Path("species/sample.csv"), "tolerance": np.float64(1e-6)}}
wanted = {"targets": "project", "requirements": lines, "tests": parity, "serve": {"optimize": "off"}}

first = cook(model, name="species", sample=measures, sample_rows=20, **wanted)
again = cook(model, name="species", sample=measures, sample_rows=20, quiet=True, **wanted)
other = pl.DataFrame(measures.to_dict("list"))
same = cook(model, name="species", sample=other, sample_rows=20, quiet=True, **wanted)
with first.run() as service:
    answers = {
        "table": service.predict(measures.head(3)),
        "polars": service.predict(other.head(3)),
        "array": service.predict(measures.head(3).to_numpy()),
        "mappings": service.predict(measures.head(3).to_dict("records")),
        "truth": model.predict(measures.head(3)).tolist(),
    }
print(json.dumps({"rows": first.report("parity")["rows"], "again": [*again.ran, *same.ran], **answers}))
