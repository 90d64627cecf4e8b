"""A forest of 100 trees and a logistic regression, served by what people write by hand and by generated services.

usage: python benchmarks/rivals.py [SECONDS [PYTHON]]     needs wrk, and the packages of deployc's extras `test` and
`test-models`; LitServe takes part where it is installed, and MLflow's server where PYTHON is an environment's that has
all of mlflow and the same scikit-learn and numpy

One process, one row of 30 columns a request: requests a second of 32 connections, and the slowest hundredth of one
connection's, as ratios in one run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any  # models have no types

import joblib
from compiled_serving import COLUMNS, SCRIPT, SPEC, compiled, fitted, generated, wrk
from deployc.targets.project.optimizers import linear, onnx
from serving import free_port, running

HERE = Path(__file__).parent
ROUNDS = 3
SAVE = """
import sys, joblib, mlflow.sklearn, pandas
from mlflow.models import infer_signature
model, columns = joblib.load(sys.argv[1]), sys.argv[3:]
rows = pandas.DataFrame([[0.25] * len(columns)], columns=columns)
signature = infer_signature(rows, model.predict(rows.to_numpy()))
mlflow.sklearn.save_model(model, sys.argv[2], signature=signature, serialization_format="cloudpickle")
"""
SPLIT = {"columns": [column.name for column in COLUMNS], "data": [[0.25] * len(COLUMNS)]}
INVOCATIONS = f"""
wrk.method = "POST"
wrk.path = "/invocations"
wrk.body = '{json.dumps({"dataframe_split": SPLIT})}'
wrk.headers["Content-Type"] = "application/json"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How one of them is started; `{port}` stands for the port."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    script: str = SCRIPT
    """What wrk asks."""

    def measured(self, folder: Path, seconds: int) -> tuple[float, float]:
        """Requests a second of 32 connections, and p99 of one in ms, after a second of warming up."""
        port = free_port()
        command = [self.python, *(word.format(port=port) for word in self.command)]
        environment = {name: value.format(port=port) for name, value in self.environment.items()}
        script = folder / "post.lua"
        script.write_text(self.script)
        with running(command, environment, port):
            wrk(port, script, 32, 1)
            return wrk(port, script, 32, seconds)[0], wrk(port, script, 1, seconds)[1]


def generated_server(source: Path, **settings: str) -> Server:
    own = {f"MEASURED_{name.upper()}": value for name, value in settings.items()}
    return Server(command=("-m", "measured"), environment={"PYTHONPATH": str(source), "MEASURED_PORT": "{port}", **own})


def trained(folder: Path, model: Any) -> Path:
    """A service of the model as it was trained."""
    source = generated(folder, "asgi", replace(SPEC, container="ndarray"))
    (source / "measured/artifact").mkdir()
    joblib.dump(model, source / "measured/artifact/model.joblib")
    return source


def mlflow_server(folder: Path, model: Path, python: str) -> Server:
    """MLflow's own, as `mlflow models serve` starts it."""
    subprocess.run([python, "-c", SAVE, str(model), str(folder), *SPLIT["columns"]], check=True)
    command = ("-m", "mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local", "--port", "{port}")
    path = f"{Path(python).parent}:{os.environ['PATH']}"
    return Server(command=command, environment={"PATH": path}, python=python, script=INVOCATIONS)


def servers(folder: Path, model: Any, optimizer: ModuleType, mlflow: str) -> dict[str, Server]:
    """All that serve one model; their files are in the folder."""
    folder.mkdir()
    file = folder / "by_hand.joblib"
    joblib.dump(model, file)
    known = {"MODEL": str(file), "PYTHONPATH": str(HERE), "PORT": "{port}"}
    fastapi = ("-m", "uvicorn", "fastapi_by_hand:app", "--port", "{port}", "--log-level", "critical")
    litserve = {"LitServe, batching": Server(command=(str(HERE / "litserve_by_hand.py"),), environment=known)}
    source = trained(folder / "trained", model)
    return {
        "FastAPI by hand": Server(command=fastapi, environment=known),
        **(litserve if find_spec("litserve") else {}),
        **({"MLflow": mlflow_server(folder / "mlflow", file, mlflow)} if mlflow else {}),
        "asgi, as trained, unbatched": generated_server(source, max_batch="1"),
        "asgi, as trained": generated_server(source),
        "asgi, as trained, waiting for 2 ms": generated_server(source, batch_wait_ms="2"),
        "asgi, compiled": generated_server(compiled(folder / "compiled", "asgi", optimizer, model)),
    }


def compare(started: Mapping[str, Server], folder: Path, seconds: int) -> Iterator[str]:
    """What is to be told of each of them, of rounds by turns."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in started}
    for _ in range(ROUNDS):
        for name, server in started.items():
            found[name].append(server.measured(folder, seconds))
            print(f"{name}: {found[name][-1][0]:.0f} requests/s", file=sys.stderr, flush=True)
    told = {name: [statistics.median(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
    best = max(rate for name, (rate, _) in told.items() if not name.startswith("asgi"))
    # on a slow machine it may have answered nothing
    mlflow = told["MLflow"][0] if "MLflow" in told else 0
    for name, (rate, slow) in told.items():
        beside = f", {rate / mlflow:.0f} of MLflow's" if mlflow else ""
        yield f"{name}: {rate:.0f} requests/s, {rate / best:.1f} of the best by hand{beside}; p99 {slow:.2f} ms"


def main() -> None:
    warnings.simplefilter("ignore")
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    python = sys.argv[2] if len(sys.argv) > 2 else ""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for (name, model), optimizer in zip(fitted().items(), (onnx, linear), strict=True):
            for line in compare(servers(folder / name, model, optimizer, python), folder, seconds):
                print(f"{name}, {line}", flush=True)


if __name__ == "__main__":
    main()
