"""Compiled models served, against the same services predicting nothing: ratios in one run, of rounds by turns.

usage: python benchmarks/compiled_serving.py [SECONDS]     needs wrk, and the packages of deployc's extras `test` and
`test-models`

One process, one row of 30 columns a request: requests a second of 32 connections, the slowest hundredth of one
connection's, the time until it is ready, and the memory that it then has.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any  # models have no types

import numpy as np
from deployc.compiler.cas import Cas
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.schema.config import Config, Model, Serve
from deployc.targets import project
from deployc.targets.project.applying import compiled_spec
from deployc.targets.project.optimizers import linear, onnx
from serving import HEAD, free_port, running
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROUNDS = 3
COLUMNS = tuple(Column(name=f"x{i}", type="double") for i in range(30))
SPEC = ModelSpec(
    flavor="sklearn",
    class_name="sklearn.pipeline.Pipeline",
    methods=("predict",),
    inputs=COLUMNS,
    classes=(0, 1),
    file="model.joblib",
    serializer="joblib",
)
NOTHING = """
class Model:
    def __init__(self, path: Path) -> None: ...
    def predict(self, rows: Sequence[Row]) -> list[Label]:
        return [1 for row in rows]
"""
BODY = "{" + ", ".join(f'"{column.name}": 0.25' for column in COLUMNS) + "}"
SCRIPT = f"""
wrk.method = "POST"
wrk.body = '{BODY}'
wrk.headers["Content-Type"] = "application/json"
"""


def generated(folder: Path, framework: str, spec: ModelSpec) -> Path:
    """The service's package `measured`, in the folder that is given back."""
    config = Config(version=1, name="measured", model=Model(path="model"), serve=Serve(framework=framework))
    cas = Cas(folder / "cas")
    outputs = (Output(method="predict", type="long"),)
    tree = project.generate(spec=spec, outputs=outputs, config=config, cas=cas)
    for entry in tree:
        (folder / entry.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / entry.path).write_text(cas.text(tree, entry.path), encoding="utf-8")
    return folder / "src"


def nothing(folder: Path, framework: str) -> Path:
    source = generated(folder, framework, SPEC)
    (source / "measured/model.py").write_text(HEAD + NOTHING, encoding="utf-8")
    return source


def compiled(folder: Path, framework: str, optimizer: ModuleType, model: Any) -> Path:
    name = optimizer.__name__.rpartition(".")[2]
    spec = compiled_spec(SPEC, name, {})
    source = generated(folder, framework, spec)
    (source / "measured/artifact").mkdir()
    columns = [(column.name, column.type, column.optional) for column in COLUMNS]
    (source / "measured/artifact" / optimizer.FILE).write_bytes(optimizer.convert(model, columns, ["predict"]))
    return source


def fitted() -> dict[str, Any]:
    """The two models, which tell two classes apart."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(3000, len(COLUMNS)))
    labels = np.where(rows[:, 0] + rows[:, 1] * rows[:, 2] > 0, 1, 0)
    return {
        "forest": RandomForestClassifier(100, random_state=0).fit(rows, labels),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels),
    }


def wrk(port: int, script: Path, connections: int, seconds: int) -> tuple[float, float]:
    """Requests a second, all of which must have been answered with 200, and the 99th percentile in milliseconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    command.append(f"http://127.0.0.1:{port}/predict")
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, slow = re.search(r"Requests/sec:\s+([0-9.]+)", told), re.search(r"99%\s+([0-9.]+)(us|ms|s)", told)
    if not rate or not slow or "Non-2xx" in told:
        raise SystemExit(told)
    return float(rate[1]), float(slow[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]]


def memory(port: int) -> float:
    """Resident MB of the process that listens on a port, the only one here with it in its environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"MEASURED_PORT={port}\0".encode() in (folder / "environ").read_bytes():
                (line,) = re.findall(r"VmRSS:\s+(\d+)", (folder / "status").read_text())
                return int(line) / 1024
        except (OSError, ValueError):
            continue
    raise SystemExit("the service is gone")


def measured(source: Path, script: Path, seconds: int) -> tuple[float, float, float, float]:
    """Requests a second of 32 connections, p99 of one in ms, seconds until it listens, resident MB then."""
    port, since = free_port(), time.monotonic()
    settings = {"PYTHONPATH": str(source), "MEASURED_PORT": str(port)}
    with running([sys.executable, "-m", "measured"], settings, port):
        ready, used = time.monotonic() - since, memory(port)
        wrk(port, script, 32, 1)
        return wrk(port, script, 32, seconds)[0], wrk(port, script, 1, seconds)[1], ready, used


def main() -> None:
    warnings.simplefilter("ignore")
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    models = fitted()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        script = folder / "post.lua"
        script.write_text(SCRIPT)
        for framework in ("asgi", "fastapi"):
            sources = {
                "nothing": nothing(folder / framework / "nothing", framework),
                "forest": compiled(folder / framework / "forest", framework, onnx, models["forest"]),
                "logistic": compiled(folder / framework / "logistic", framework, linear, models["logistic"]),
            }
            found: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in sources}
            for _ in range(ROUNDS):
                for name, source in sources.items():
                    found[name].append(measured(source, script, seconds))
            told = {name: [statistics.median(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
            for name, (rate, slow, ready, used) in told.items():
                of_nothing = f"ratio {rate / told['nothing'][0]:.2f}, p99 {slow / told['nothing'][1]:.2f} of it"
                print(
                    f"{framework}, {name}: {rate:.0f} requests/s, {of_nothing}; ready in {ready:.2f} s, {used:.0f} MB"
                )


if __name__ == "__main__":
    main()
