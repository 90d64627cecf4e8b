"""Requests a second of generated services, as ratios in one run: 32 connections, one process, one row a request.

usage: python benchmarks/serving.py [SECONDS]     needs wrk, and the packages of deployc's extra `test`

What is compared: a service that predicts nothing against one written by hand (raw_asgi.py), for `asgi` and `fastapi`;
and a random forest of scikit-learn, if that is installed, with batching and without.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from deployc.compiler.cas import Cas
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.schema.config import Config, Model, Serve
from deployc.targets import project

SPEC = ModelSpec(
    flavor="sklearn",
    class_name="benchmark.Model",
    methods=("predict",),
    inputs=(Column(name="number", type="double"),),
    file="model.joblib",
    serializer="joblib",
)
HEAD = """
from collections.abc import Sequence
from pathlib import Path
from .schema import Label, Row
"""
NOTHING = """
class Model:
    def __init__(self, path: Path) -> None: ...
    def predict(self, rows: Sequence[Row]) -> list[Label]:
        return [row.number for row in rows]
"""
FOREST = """
import numpy
from sklearn.ensemble import RandomForestRegressor

class Model:
    def __init__(self, path: Path) -> None:
        x = numpy.random.default_rng(0).normal(size=(2000, 1))
        self._forest = RandomForestRegressor(100, random_state=0).fit(x, numpy.sin(x[:, 0]))
    def predict(self, rows: Sequence[Row]) -> list[Label]:
        return self._forest.predict([[row.number] for row in rows]).tolist()
"""
SCRIPT = """
wrk.method = "POST"
wrk.body = '{"number": 1.5}'
wrk.headers["Content-Type"] = "application/json"
"""


def generated(folder: Path, framework: str, model: str) -> Path:
    """A generated service with a model of the benchmark's own; the folder to import it from."""
    config = Config(version=1, name="measured", model=Model(path="model"), serve=Serve(framework=framework))
    cas = Cas(folder / "cas")
    tree = project.generate(spec=SPEC, outputs=(Output(method="predict", type="double"),), config=config, cas=cas)
    for entry in tree:
        (folder / entry.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / entry.path).write_text(cas.text(tree, entry.path), encoding="utf-8")
    (folder / "src/measured/model.py").write_text(HEAD + model, encoding="utf-8")
    return folder / "src"


@contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[int]:
    """A server as a process, once it accepts connections: its number. Those that it starts end with it."""
    silent = subprocess.DEVNULL
    own = os.environ | environment
    process = subprocess.Popen(command, env=own, stdout=silent, stderr=silent, start_new_session=True)
    try:
        while True:
            with socket.socket() as client:
                if not client.connect_ex(("127.0.0.1", port)):
                    break
            if process.poll() is not None:
                raise SystemExit(f"{command} did not start")
            time.sleep(0.02)
        yield process.pid
    finally:
        process.terminate()
        process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def rate(port: int, script: Path, seconds: int) -> float:
    """Requests a second, all of which must have been answered with 200."""
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/predict"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    if not found or "Non-2xx" in told:
        raise SystemExit(told)
    return float(found[1])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def by_hand(script: Path, seconds: int) -> float:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "raw_asgi:app", "--port", str(port), "--log-level", "critical"]
    with running(command, {"PYTHONPATH": str(Path(__file__).parent)}, port):
        return rate(port, script, seconds)


def measured(source: Path, script: Path, seconds: int, **settings: str) -> float:
    port = free_port()
    own = {f"MEASURED_{name.upper()}": value for name, value in {"port": str(port), **settings}.items()}
    with running([sys.executable, "-m", "measured"], {"PYTHONPATH": str(source), **own}, port):
        return rate(port, script, seconds)


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        script = folder / "post.lua"
        script.write_text(SCRIPT)
        hand = by_hand(script, seconds)
        print(f"written by hand: {hand:.0f} requests/s")
        for framework in ("asgi", "fastapi"):
            source = generated(folder / framework, framework, NOTHING)
            for words, settings in (("", {}), (", requests not logged", {"log_level": "warning"})):
                found = measured(source, script, seconds, **settings)
                print(f"{framework} that predicts nothing{words}: {found:.0f} requests/s, ratio {found / hand:.2f}")
        if not find_spec("sklearn"):
            print("scikit-learn: not installed")
            return
        source = generated(folder / "forest", "asgi", FOREST)
        alone = measured(source, script, seconds, max_batch="1")
        together = measured(source, script, seconds)
        print(f"forest: {alone:.0f} requests/s unbatched, {together:.0f} batched, ratio {together / alone:.1f}")


if __name__ == "__main__":
    main()
