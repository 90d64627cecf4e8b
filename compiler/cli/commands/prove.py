"""Compare the built model with the trained one on rows of your own, and print the report.

examples:
  deployc prove --rows cases.csv
  deployc prove --rows cases.csv --json > proof.json
  deployc prove --rows cases.csv --model churn    one of several models
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from ....schema.codec import encode
from ....schema.diagnostics import fail
from ....schema.render import visible
from ....targets import proving
from ....targets.deployment import Deployment
from ....targets.graph import graph
from ....targets.project import package_of
from ....targets.project.telling import told
from ....targets.several import members, under
from ...node import AnyNode
from ...plan import Plan
from ...tree import Tree
from ..building import executed, report_failures
from ..session import arguments as file_argument
from ..session import built_project, chosen, deployment, machine_arguments, opened, out_argument
from ..showing import progress, shown


def arguments(parser: argparse.ArgumentParser) -> None:
    file_argument(parser)
    machine_arguments(parser)
    parser.set_defaults(locked=True, keep_going=False, jobs=os.cpu_count() or 2)
    parser.add_argument("--rows", required=True, metavar="CSV", help="rows with the model's columns")
    parser.add_argument("--model", metavar="NAME", help="which of several models")
    parser.add_argument("--json", action="store_true", help="the report as a JSON object on standard output")
    out_argument(parser)


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    chosen(session, options.model, "prove")
    made = deployment(session, options)
    project = built_project(made, Path(options.out or session.out).absolute())
    plan = Plan.of([*graph(made), _node(made, project, options)]).only([proving.NAME])
    with shown(progress()) as show:
        outcome = executed(session, plan, made, options, show)
    if outcome.failures:
        report_failures(session, outcome, options)
        return 1
    proof = proving.proof_of(made, outcome.trees[proving.NAME])
    text = json.dumps(encode(proof), indent=1) if options.json else "\n".join(map(visible, told(proof)))
    sys.stdout.write(f"{text}\n")
    return 0 if proof.equal else 1


def _node(made: Deployment, project: Path, options: argparse.Namespace) -> AnyNode:
    rows, model = Path(options.rows), options.model
    if model is None:
        return proving.node(made, _built(made, project, rows, made.package))
    built = _built(made, project, rows, f"{made.package}.{package_of(model)}")
    return under(proving.node(members(made)[model], built), model)


def _built(made: Deployment, project: Path, rows: Path, package: str) -> proving.Built:
    if not rows.is_file():
        raise fail("missing-file", f"no file {rows}")
    found = made.store.cas.put_folder(project / "src")
    source = Tree.of(entry for entry in found if not entry.path.endswith(".pyc"))
    said = json.loads((project / "src" / package.replace(".", "/") / "build.json").read_text(encoding="utf-8"))
    return proving.Built(source=source, package=package, made=said, rows=rows.read_bytes(), file=str(rows))
