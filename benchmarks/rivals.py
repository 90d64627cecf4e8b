"""A forest of 100 trees, served by what people write by hand and by generated services: ratios in one run.

usage: python benchmarks/rivals.py [SECONDS]     needs wrk, and the packages of deployc's extras `test` and
`test-models`; LitServe takes part where it is installed

One process, one row of 30 columns a request: requests a second of 32 connections, and the slowest hundredth of one
connection's.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any  # models have no types

import joblib
from compiled_serving import SCRIPT, SPEC, compiled, fitted, generated, wrk
from deployc.targets.project.optimizers import onnx
from serving import free_port, running

HERE = Path(__file__).parent
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How one of them is started; `{port}` stands for the port."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def measured(self, script: Path, seconds: int) -> tuple[float, float]:
        """Requests a second of 32 connections, and p99 of one in ms, after a second of warming up."""
        port = free_port()
        command = [sys.executable, *(word.format(port=port) for word in self.command)]
        environment = {name: value.format(port=port) for name, value in self.environment.items()}
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


def servers(folder: Path, model: Any) -> dict[str, Server]:
    file = folder / "by_hand.joblib"
    joblib.dump(model, file)
    known = {"MODEL": str(file), "PYTHONPATH": str(HERE), "PORT": "{port}"}
    fastapi = ("-m", "uvicorn", "fastapi_by_hand:app", "--port", "{port}", "--log-level", "critical")
    litserve = {"LitServe, batching": Server(command=(str(HERE / "litserve_by_hand.py"),), environment=known)}
    source = trained(folder / "trained", model)
    return {
        "FastAPI by hand": Server(command=fastapi, environment=known),
        **(litserve if find_spec("litserve") else {}),
        "asgi, as trained, unbatched": generated_server(source, max_batch="1"),
        "asgi, as trained": generated_server(source),
        "asgi, as trained, waiting for 2 ms": generated_server(source, batch_wait_ms="2"),
        "asgi, compiled": generated_server(compiled(folder / "compiled", "asgi", onnx, model)),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        script = folder / "post.lua"
        script.write_text(SCRIPT)
        started = servers(folder, fitted()["forest"])
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in started}
        for _ in range(ROUNDS):
            for name, server in started.items():
                found[name].append(server.measured(script, seconds))
                print(f"{name}: {found[name][-1][0]:.0f} requests/s", file=sys.stderr, flush=True)
    told = {name: [statistics.median(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
    names = [name for name in told if not name.startswith("asgi")]
    best = max(told[name][0] for name in names)
    for name, (rate, slow) in told.items():
        print(f"{name}: {rate:.0f} requests/s, {rate / best:.1f} of the best by hand; p99 {slow:.2f} ms")


if __name__ == "__main__":
    main()
