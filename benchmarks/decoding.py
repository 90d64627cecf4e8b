"""A request of 600 columns, from JSON to what a model takes: a service against MLflow's code, as ratios of CPU time.

usage: python benchmarks/decoding.py     needs the packages of deployc's extras `test` and `test-models`

MLflow's code is that of its scoring server: the body becomes a DataFrame, whose columns are then held to the model's
signature. A service's code checks each value against its column's type, and makes of the rows the array that a compiled
model takes.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import mlflow
import numpy as np
from compiled_serving import SPEC, generated
from deployc.compiler.model_spec import Column
from mlflow.models.utils import _enforce_schema
from mlflow.pyfunc.scoring_server import _split_data_and_params, infer_and_parse_data
from mlflow.types import ColSpec, DataType, Schema
from msgspec.structs import astuple

NAMES = [f"column_{i}" for i in range(600)]
ROUNDS = 7
SECONDS = 0.05


def service(folder: Path) -> Mapping[str, Callable[[bytes], object]]:
    """What a service does with a body of its own form, and with one of MLflow's."""
    columns = tuple(Column(name=name, type="double") for name in NAMES)
    sys.path.insert(0, str(generated(folder, "asgi", replace(SPEC, inputs=columns))))
    typed, invocations = import_module("measured.typed"), import_module("measured.invocations")

    def matrix(rows: list[object]) -> object:
        return np.array([astuple(row) for row in rows], dtype=np.float64)

    return {
        "/predict": lambda body: matrix([typed.decode(body)]),
        "/invocations": lambda body: matrix(invocations.read_json(body)),
    }


def by_mlflow(body: bytes) -> object:
    """What MLflow's server does before it asks the model."""
    data, _ = _split_data_and_params(body.decode())
    return _enforce_schema(infer_and_parse_data(data, SCHEMA), SCHEMA)


def by_mlflow_unchecked(body: bytes) -> object:
    """What it does for a model without a signature: no value is held to anything."""
    data, _ = _split_data_and_params(body.decode())
    return infer_and_parse_data(data)


SCHEMA = Schema([ColSpec(DataType.double, name) for name in NAMES])


def spent(call: Callable[[], object]) -> float:
    """CPU microseconds of one call, the mean of those that begin within SECONDS."""
    since, calls = time.process_time(), 0
    while not calls or time.process_time() < since + SECONDS:
        call()
        calls += 1
    return (time.process_time() - since) / calls * 1e6


def main() -> None:
    warnings.simplefilter("ignore")
    row = np.random.default_rng(0).normal(size=len(NAMES)).tolist()
    typed = json.dumps(dict(zip(NAMES, row, strict=True))).encode()
    split = json.dumps({"dataframe_split": {"columns": NAMES, "data": [row]}}).encode()
    with tempfile.TemporaryDirectory() as scratch:
        ways = service(Path(scratch))
        calls: dict[str, Callable[[], object]] = {
            f"MLflow {mlflow.__version__}": lambda: by_mlflow(split),
            "MLflow without a signature": lambda: by_mlflow_unchecked(split),
            "/invocations": lambda: ways["/invocations"](split),
            "/predict": lambda: ways["/predict"](typed),
        }
        found = {name: statistics.median(times) for name, times in by_turns(calls).items()}
    checked, unchecked = [*found.values()][:2]
    for name, microseconds in found.items():
        shares = f"{microseconds / checked:.4f} of the first, {microseconds / unchecked:.3f} of the second"
        print(f"{name}: {microseconds:.0f} us, {shares}")


def by_turns(calls: Mapping[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Each call's times, of rounds in which all of them were made."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            times[name].append(spent(call))
    return times


if __name__ == "__main__":
    main()
