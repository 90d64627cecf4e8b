"""What it takes to compare two forms of a model in another environment: packages of code, and a request in JSON."""

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
from .probing import SCRIPTS

RUNNER, ORIGINAL, COMPILED = "deployc_trial", "deployc_original", "deployc_compiled"
"""Packages that are made for it: the converter and the proof, and the service's own code for each form of the model."""
MODULE = f"{RUNNER}.proof"
"""What is run, as `python -m MODULE REQUEST ANSWER`."""
SCORES = ("predict_proba", "decision_function")
"""Methods whose answers say how near two labels are to each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is to be compared, and the rows to compare it with by kind."""

    spec: ModelSpec
    outputs: tuple[Output, ...]
    config: Config
    rows: Mapping[str, Sequence[Mapping[str, object]]]
    seed: str
    processor: str
    distributions: tuple[str, ...] = ()
    """Libraries of the other form whose versions matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The two forms of the model: the trained model's file, and the other one's with the package that asks it."""

    original: Path
    other: Path
    package: str
    optimizer: str = ""
    """What writes the other file; empty where it is there."""


def write_runner(trial: Trial, folder: Path) -> None:
    """The packages of the proof and of the original below `folder`."""
    for part in ("template", "optimizers", "conversion", "proof"):
        shutil.copytree(HERE / part, folder / RUNNER / part, ignore=shutil.ignore_patterns("__pycache__"))
    for script in SCRIPTS:
        shutil.copy(script, folder / RUNNER)
    (folder / RUNNER / "__init__.py").write_text("", encoding="utf-8")
    # also methods that are not served: they tell how near the original's labels are to each other
    every = replace(trial.config, serve=replace(trial.config.serve, methods=()))
    _write(folder / ORIGINAL, boundary(trial.spec, trial.outputs, every))


def write_compiled(trial: Trial, optimizer: str, folder: Path) -> None:
    """The package of what an optimiser makes below `folder`."""
    spec = compiled_spec(trial.spec, optimizer, {})
    _write(folder / COMPILED, boundary(spec, trial.outputs, trial.config))


def request(trial: Trial, forms: Forms, *, count: int) -> str:
    """The text of the file that the runner takes; `count` is how many rows are generated."""
    spec, options = trial.spec, trial.config.serve.optimize
    answered = {output.method for output in trial.outputs}
    data = {
        "optimizer": forms.optimizer,
        "original": str(forms.original),
        "original_package": ORIGINAL,
        "compiled": str(forms.other),
        "compiled_package": forms.package,
        "columns": [[c.name, c.type, c.optional] for c in spec.inputs],
        "methods": [m for m in trial.config.serve.methods or spec.methods if m in answered],
        "scores": [method for method in SCORES if method in answered],
        "classes": list(spec.classes),
        "rows": trial.rows,
        "abs": options.tolerance.abs,
        "rel": options.tolerance.rel,
        "thresholds": list(options.thresholds),
        "count": count,
        "seed": trial.seed,
        "distributions": sorted({*(need.name for need in spec.requirements), *trial.distributions}),
        "processor": trial.processor,
    }
    return json.dumps(data)


def _write(folder: Path, modules: Mapping[str, str]) -> None:
    folder.mkdir()
    for file, text in {"__init__.py": "", **modules}.items():
        (folder / file).write_text(text, encoding="utf-8")
