"""Say what a model file or MLmodel folder is, without executing anything in it.

examples:
  deployc inspect model.joblib
  deployc inspect model/ --sample rows.csv --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ....schema.codec import encode
from ....schema.render import visible
from ...model_spec import ModelSpec
from ..models import inspected

CONTAINERS = {"dataframe": "a dataframe", "ndarray": "an array", "texts": "a list of texts", "tensor": "a tensor"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model file, a folder with an MLmodel file, or an MLflow URI")
    parser.add_argument("--sample", metavar="CSV", help="rows that show what the model takes")
    parser.add_argument("--code", action="append", default=[], metavar="PY", help="a module that its classes live in")
    parser.add_argument("--allow", action="append", default=[], metavar="NAME", help="a type that the file may name")
    parser.add_argument("--json", action="store_true", help="a JSON object on standard output")


def run(options: argparse.Namespace) -> int:
    spec = inspected(
        options.model,
        Path(options.sample) if options.sample else None,
        options.allow,
        [Path(c) for c in options.code],
    )
    if options.json:
        sys.stdout.write(json.dumps(encode(spec), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(map(visible, _lines(spec))) + "\n")
    return 0


def _lines(spec: ModelSpec) -> Iterator[str]:
    yield f"flavor      {spec.flavor}"
    yield f"class       {spec.class_name}"
    yield from (f"  step      {step.name}: {step.class_name}" for step in spec.steps)
    yield f"file        {spec.file} ({spec.serializer})"
    yield f"methods     {', '.join(spec.methods)}"
    if spec.classes:
        yield f"classes     {', '.join(map(repr, spec.classes))}"
    count = len(spec.inputs)
    yield f"takes       {count} column{'s' * (count != 1)} in {CONTAINERS[spec.container]}"
    yield from (f"  {c.name}: {c.type}{' (optional)' if c.optional else ''}" for c in spec.inputs)
    yield "needs"
    yield from (f"  {need.name}{need.specifier}: {need.reason}" for need in spec.requirements)
    yield from (f"note        {note}" for note in spec.notes)
