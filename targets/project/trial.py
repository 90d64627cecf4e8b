"""What it takes to try one optimiser in another environment: packages of code, and a request in JSON."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...compiler.model_spec import ModelSpec, Output
from ...schema.config import Config
from . import boundary
from .applying import compiled_spec
from .catalog import HERE
from .needs import requirements_of

RUNNER, ORIGINAL, COMPILED = "deployc_trial", "deployc_original", "deployc_compiled"
"""Packages that are made for it: the converter and the proof, and the service's own code for each form of the model."""
MODULE = f"{RUNNER}.proof"
"""What is run, as `python -m MODULE REQUEST ANSWER`."""
SCORES = ("predict_proba", "decision_function")
"""Methods whose answers say how near two labels are to each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is to be converted, and the rows to prove it with by kind."""

    optimizer: str
    spec: ModelSpec
    outputs: tuple[Output, ...]
    config: Config
    rows: Mapping[str, Sequence[Mapping[str, object]]]
    seed: str
    processor: str


def write_packages(trial: Trial, folder: Path) -> None:
    """The packages below `folder`."""
    for part in ("template", "optimizers", "conversion", "proof"):
        shutil.copytree(HERE / part, folder / RUNNER / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "probe.py", folder / RUNNER)
    (folder / RUNNER / "__init__.py").write_text("", encoding="utf-8")
    # of the original also methods that are not served: they tell how near its labels are to each other
    every = replace(trial.config, serve=replace(trial.config.serve, methods=()))
    compiled = compiled_spec(trial.spec, trial.optimizer, {})
    for package, spec, config in ((ORIGINAL, trial.spec, every), (COMPILED, compiled, trial.config)):
        (folder / package).mkdir()
        for file, text in {"__init__.py": "", **boundary(spec, trial.outputs, config)}.items():
            (folder / package / file).write_text(text, encoding="utf-8")


def request(trial: Trial, original: Path, compiled: Path) -> str:
    """The text of the file that the runner takes; `original` is the trained model's file, `compiled` is written."""
    spec, options = trial.spec, trial.config.serve.optimize
    answered = {output.method for output in trial.outputs}
    data = {
        "optimizer": trial.optimizer,
        "original": str(original),
        "original_package": ORIGINAL,
        "compiled": str(compiled),
        "compiled_package": COMPILED,
        "columns": [[c.name, c.type, c.optional] for c in spec.inputs],
        "methods": [m for m in trial.config.serve.methods or spec.methods if m in answered],
        "scores": [method for method in SCORES if method in answered],
        "classes": list(spec.classes),
        "rows": trial.rows,
        "abs": options.tolerance.abs,
        "rel": options.tolerance.rel,
        "thresholds": list(options.thresholds),
        "count": options.rows,
        "seed": trial.seed,
        "distributions": sorted({*(need.name for need in spec.requirements), *requirements_of(trial.optimizer)}),
        "processor": trial.processor,
    }
    return json.dumps(data)
