"""Compiled models served, against the same services predicting nothing: ratios in one run, of rounds by turns.

usage: python benchmarks/compiled_serving.py [ROUNDS]     needs wrk, and the packages of deployc's extras `test` and
`test-models`; what the services need is installed beside them, and nothing else

One process, one row of 30 columns a request: requests a second of 32 connections, the process's CPU time for each of
them, which depends less on what else the machine does, the slowest hundredth of one connection's, the time until it
is ready, the memory that it then has, and how large what is installed is.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
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
from uv import find_uv_bin

SECONDS = 1
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


def resident(process: int) -> float:
    """MB of memory."""
    (line,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(line) * 1024 / 1e6


def spent(process: int) -> float:
    """Seconds of CPU time so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment(folder: Path, framework: str) -> Path:
    """An environment with what a service of the forest needs, as it is locked: its Python."""
    config = Config(version=1, name="measured", model=Model(path="model"), serve=Serve(framework=framework))
    needs = project.requirements(config, compiled_spec(SPEC, "onnx", {}))
    uv, python = find_uv_bin(), folder / "bin/python"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    lines = [need.name + need.specifier for need in needs]
    subprocess.run([uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, *lines], check=True)
    return python


def sizes(folder: Path) -> tuple[float, float]:
    """MB of files, and of the compressed archive that a layer of an image would be."""
    plain = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as archive:
            archive.add(folder, "lib")
        return plain / 1e6, packed.tell() / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A service that runs."""

    port: int
    process: int
    seconds: float
    """Until it was ready."""
    memory: float

    def measured(self, script: Path) -> tuple[float, float, float]:
        """Requests a second of 32 connections, microseconds of CPU time for each of them, p99 of one in ms."""
        before = spent(self.process)
        rate = wrk(self.port, script, 32, SECONDS)[0]
        cpu = (spent(self.process) - before) / (rate * SECONDS)
        return rate, cpu * 1e6, wrk(self.port, script, 1, SECONDS)[1]


def start(stack: ExitStack, python: Path, source: Path) -> Started:
    """A service, once it is ready."""
    port, since = free_port(), time.monotonic()
    settings = {"PYTHONPATH": str(source), "MEASURED_PORT": str(port)}
    process = stack.enter_context(running([str(python), "-m", "measured"], settings, port))
    return Started(port=port, process=process, seconds=time.monotonic() - since, memory=resident(process))


def compare(sources: Mapping[str, Path], python: Path, script: Path, rounds: int) -> Iterator[str]:
    """What is to be told of each of them; the first predicts nothing."""
    with ExitStack() as stack:
        started = {name: start(stack, python, source) for name, source in sources.items()}
        for one in started.values():
            wrk(one.port, script, 32, 1)
        found = {name: [one.measured(script)] for name, one in started.items()}
        for _ in range(rounds - 1):
            for name, one in started.items():
                found[name].append(one.measured(script))
    told = {name: [statistics.median(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
    base_rate, base_cpu, base_slow = next(iter(told.values()))
    for name, (rate, cpu, slow) in told.items():
        yield (
            f"{name}: {rate:.0f} requests/s, ratio {rate / base_rate:.2f}; {cpu:.0f} us of CPU time each, "
            f"ratio {base_cpu / cpu:.2f}; p99 {slow:.2f} ms, {slow / base_slow:.2f} of it; "
            f"ready in {started[name].seconds:.2f} s, {started[name].memory:.0f} MB"
        )


def main() -> None:
    warnings.simplefilter("ignore")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    models = fitted()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        script = folder / "post.lua"
        script.write_text(SCRIPT)
        for framework in ("asgi", "fastapi"):
            own = folder / framework
            python = environment(own / "environment", framework)
            plain, packed = sizes(own / "environment/lib")
            print(f"{framework}: {plain:.0f} MB installed, {packed:.0f} MB compressed", flush=True)
            sources = {
                "nothing": nothing(own / "nothing", framework),
                "forest": compiled(own / "forest", framework, onnx, models["forest"]),
                "logistic": compiled(own / "logistic", framework, linear, models["logistic"]),
            }
            for line in compare(sources, python, script, rounds):
                print(f"{framework}, {line}", flush=True)


if __name__ == "__main__":
    main()
