"""Write a deploy.yaml for a model, asking nothing.

examples:
  deployc init model.joblib
  deployc init model/ --sample data/rows.csv && deployc build
  deployc init models:/churn@champion      from MLflow, at MLFLOW_TRACKING_URI
"""

from __future__ import annotations

import argparse
import keyword
import os
import shlex
import sys
import unicodedata
from pathlib import Path

import yaml

from ....schema.combinations import hides
from ....schema.decode import read_config
from ....schema.diagnostics import UserError, fail
from ....schema.render import visible
from ....targets.catalogs import catalogs
from ...model_spec import ModelSpec
from ...sources.uri import OfRun, Registered, parsed
from ..models import inspected, is_uri

FILE = "deploy.yaml"
SERVED = ("3.10", "3.11", "3.12", "3.13")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model file, a folder with an MLmodel file, or an MLflow URI")
    parser.add_argument("--sample", metavar="CSV", help="rows that show what the model takes, and prove parity")
    parser.add_argument("--name", help="name of the deployment (default: from the model's name)")
    parser.add_argument("--code", action="append", default=[], metavar="PY", help="a module that its classes live in")
    parser.add_argument("--allow", action="append", default=[], metavar="NAME", help="a type that the file may name")
    parser.add_argument("--file", default=FILE, metavar="FILE", help="the file to write")


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
    text = yaml.safe_dump(data, sort_keys=False, default_flow_style=None, allow_unicode=True)
    _write(file, text)
    named = "" if options.file == FILE else f" {shlex.quote(str(file))}"
    sys.stderr.write(f"deployc: wrote {file} for a {spec.class_name}; next: deployc build{named}\n")
    sys.stderr.write("".join(f"  {visible(note)}\n" for note in spec.notes))
    return 0


def _write(file: Path, text: str) -> None:
    """Write what can be read again; UserError says what cannot, such as a path that no deploy.yaml may have."""
    file.write_text(text, encoding="utf-8")
    try:
        read_config(file, catalogs())
    except UserError:
        file.unlink()
        raise


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
    stem = unicodedata.normalize("NFKD", _called(model).partition(".")[0].lower())
    plain = "".join(c for c in stem if not unicodedata.combining(c))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in plain).split()
    name = "-".join(words)
    name = name if name[:1].isalpha() else f"model-{name}".rstrip("-")
    return f"{name}-service" if hides(name) or keyword.iskeyword(name) else name


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
