"""Write a deploy.yaml for a model, asking nothing.

examples:
  deployc init model.joblib
  deployc init model/ --sample data/rows.csv && deployc build
  deployc init models:/churn@champion      from MLflow, at MLFLOW_TRACKING_URI
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import yaml

from ....schema.diagnostics import fail
from ....schema.render import visible
from ...model_spec import ModelSpec
from ...sources.uri import OfRun, Registered, parsed
from ..models import inspected, is_uri

SERVED = ("3.10", "3.11", "3.12", "3.13")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model file, a folder with an MLmodel file, or an MLflow URI")
    parser.add_argument("--sample", metavar="CSV", help="rows that show what the model takes, and prove parity")
    parser.add_argument("--name", help="name of the deployment (default: from the model's name)")
    parser.add_argument("--code", action="append", default=[], metavar="PY", help="a module that its classes live in")
    parser.add_argument("--allow", action="append", default=[], metavar="NAME", help="a type that the file may name")
    parser.add_argument("--file", default="deploy.yaml", metavar="FILE", help="the file to write")


def run(options: argparse.Namespace) -> int:
    file, model = Path(options.file), options.model
    if file.exists():
        raise fail("output-in-the-way", f"{file} exists already", help="name another with --file, or edit it")
    sample = Path(options.sample) if options.sample else None
    code = [Path(path) for path in options.code]
    spec = inspected(model, sample, options.allow, code)
    root = file.absolute().parent
    paths = {"uri": model} if is_uri(model) else {"path": _relative(Path(model), root)}
    if sample:
        paths["sample"] = _relative(sample, root)
    data = _config(spec, options.name or _name(model), paths, [_relative(path, root) for path in code])
    file.write_text(yaml.safe_dump(data, sort_keys=False, default_flow_style=None), encoding="utf-8")
    sys.stderr.write(f"deployc: wrote {file} for a {spec.class_name}; next: deployc build\n")
    sys.stderr.write("".join(f"  {visible(note)}\n" for note in spec.notes))
    return 0


def _config(spec: ModelSpec, name: str, paths: dict[str, str], code: list[str]) -> dict[str, object]:
    python = ".".join(spec.python.split(".")[:2])
    tests: dict[str, object] = {"types": {}, "smoke": {}}
    if "sample" in paths:
        tests["parity"] = {"rows": paths["sample"], "tolerance": 1e-6}
    return {
        "version": 1,
        "name": name,
        **({"python": python} if python in SERVED else {}),
        "model": {**paths, **({"code": code} if code else {})},
        "serve": {"framework": "fastapi"},
        "targets": {"project": {}, "wheel": {}},
        "tests": tests,
    }


def _name(model: str) -> str:
    stem = _called(model).partition(".")[0].lower()
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in stem).split()
    name = "-".join(words)
    return name if name[:1].isalpha() else f"model-{name}".rstrip("-")


def _called(model: str) -> str:
    """What a model is called: by its registered name, or else by its file's."""
    match parsed(model) if is_uri(model) else None:
        case Registered(name=name):
            return name
        case OfRun(path=path):
            return path.rpartition("/")[2]
        case None:
            return Path(model).absolute().name
    return "model"


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path.absolute(), root).replace(os.sep, "/")
