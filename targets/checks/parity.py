"""`parity`: over HTTP, every method answers what the trained model itself says, row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from ...compiler import sandbox
from ...compiler.model_spec import ModelSpec
from ...compiler.node import AnyNode, Made, Node, Work
from ...compiler.rows import typed_rows
from ...compiler.tree import Tree
from ...schema.config import Path as ConfigPath
from ...schema.config import Tolerance, Tolerated
from ...schema.constraints import Doc
from ...schema.diagnostics import UserError, fail
from ..deployment import PROJECT, Deployment
from ..project.probing import LOADING
from ..project.proof.comparing import Limits
from .booted import Json, Service, booted

FILES = ("rows",)
"""Options that name files of the user's."""

BATCH = 500
SINGLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which rows to ask, and how close the numbers must be."""

    rows: Annotated[ConfigPath, Doc("CSV rows with the model's columns; other columns are ignored.")]
    tolerance: Tolerated = field(default_factory=Tolerance)


@dataclass(frozen=True, slots=True)
class Difference:
    """One row in which the service does not say what the model says; `size` is infinite for labels."""

    method: str
    row: int
    size: float
    found: Json
    wanted: Json


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    optimize = deployment.config.serve.optimize
    # a compiled model need not be closer to the trained one than its own proof asked for
    tolerance = options.tolerance if optimize.use == "off" else options.tolerance.wider(optimize.tolerance)

    def run(work: Work) -> Tree:
        project = work.folder / "project"
        work.cas.materialise(work.inputs["project"], project)
        spec = deployment.spec(work)
        data = deployment.rows(work, "rows", options.rows)
        rows: list[Json] = [dict(row) for row in typed_rows(data, spec.inputs, field=("tests", name, "rows"))]
        methods = deployment.methods(spec)
        wanted = _reference(work, deployment, spec, rows, name)
        if deployment.config.serve.hooks:
            found, alone = _behind(work, deployment, rows, methods, name), {}
        else:
            with booted(work, project, deployment.package, field=("tests", name)) as service:
                found = {method: _answers(service, method, rows, name) for method in methods}
                alone = {method: _alone(service, method, rows, name) for method in methods}
        report = _report(found, wanted, tolerance, rows, name)
        _report(alone, {m: wanted[m][:SINGLES] for m in alone}, tolerance, rows, name)
        return work.cas.put_texts({"report.json": report})

    return [
        Node(
            name=name,
            kind="check",
            inputs={
                "project": PROJECT,
                "model": Made(node="model", folder="model"),
                "spec": Made(node="inspect"),
                "rows": deployment.file(options.rows),
                **deployment.modules,
            },
            params={"abs": repr(tolerance.abs), "rel": repr(tolerance.rel), **deployment.layout},
            implementation=deployment.identity.tools("libcst"),
            environments=tuple(dict.fromkeys((deployment.model_environment, "env-serve"))),
            run=run,
        )
    ]


def _reference(
    work: Work, deployment: Deployment, spec: ModelSpec, rows: list[Json], name: str
) -> Mapping[str, list[Json]]:
    work.cas.materialise(work.inputs["model"], work.folder / "model")
    modules = deployment.place_modules(work, work.folder / "modules")
    request = {
        "model": str(work.folder / "model" / spec.file),
        "path": [str(path) for path in (_loading(work, spec), *modules)],
        "rows": rows,
        "columns": {column.name: column.type for column in spec.inputs},
        "categories": {column.name: column.categories for column in spec.inputs},
        "container": spec.container,
        "methods": list(deployment.methods(spec)),
    }
    text = "the trained model itself fails on these rows"
    python = work.pythons[deployment.model_environment]
    return _run(work, python, "reference", request, fail("parity-reference", text, field=("tests", name, "rows")))


def _behind(
    work: Work, deployment: Deployment, rows: list[Json], methods: Sequence[str], name: str
) -> Mapping[str, list[Json]]:
    """What the model answers in the generated package: hooks take and give something else than the model does."""
    request = {
        "package": deployment.package,
        "path": [str(work.folder / "project" / "src")],
        "rows": rows,
        "methods": list(methods),
    }
    text = "the model in the generated package fails on these rows"
    answers = _run(
        work, work.pythons["env-serve"], "behind", request, fail("parity-failed", text, field=("tests", name))
    )
    return {method: [_plain(answer) for answer in found] for method, found in answers.items()}


def _run(
    work: Work, python: Path, script: str, request: Mapping[str, object], failure: UserError
) -> Mapping[str, list[Json]]:
    """What a script beside this module answers; `failure` with its last lines where it gives no answer."""
    asked, answer = work.folder / f"{script}.json", work.folder / f"{script}-answer.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    lines: list[str] = []
    file = Path(__file__).with_name(f"{script}.py")
    command = [str(python), "-I", "-W", "ignore", str(file), str(asked), str(answer)]
    if sandbox.available():
        command = sandbox.confined(command, network=False, hidden=None)
    environ = sandbox.clean_environ(python=python, home=work.folder, passed={})
    code = work.processes.run(command, folder=work.folder, environ=environ, log=lines.append)
    if code != 0:
        raise UserError(*(replace(d, notes=("\n".join(lines[-20:]),)) for d in failure.diagnostics))
    answers: dict[str, list[Json]] = json.loads(answer.read_text(encoding="utf-8"))
    return answers


def _loading(work: Work, spec: ModelSpec) -> Path:
    """A folder with the module that loads the model."""
    # libcst takes longer to import than a build with nothing to do
    from ..project.model_module import loading_module

    folder = work.folder / "loading"
    folder.mkdir()
    (folder / LOADING).write_text(loading_module(spec), encoding="utf-8")
    return folder


def _answers(service: Service, method: str, rows: list[Json], name: str) -> list[Json]:
    """The service's answers to all rows, asked in batches."""
    found: list[Json] = []
    for start in range(0, len(rows), BATCH):
        answer = _asked(service, method, rows[start : start + BATCH], name)
        found += answer if isinstance(answer, list) else []
    return [_plain(value) for value in found]


def _alone(service: Service, method: str, rows: list[Json], name: str) -> list[Json]:
    """The service's answers to the first rows, asked one by one."""
    return [_plain(_asked(service, method, row, name)) for row in rows[:SINGLES]]


def _asked(service: Service, method: str, body: Json, name: str) -> Json:
    answer = service.ask("POST", f"/{method}", body)
    if answer.status != 200:
        text = f"/{method} answered {answer.status} to rows of {name}"
        raise fail("parity-failed", text, field=("tests", name), notes=[answer.body[:2000].decode(errors="replace")])
    return answer.json()


def _plain(answer: Json) -> Json:
    """An answer's value as the model gives it: {"probabilities": {"no": 0.1, "yes": 0.9}} is [0.1, 0.9]."""
    (value,) = answer.values() if isinstance(answer, dict) else (answer,)
    return list(value.values()) if isinstance(value, dict) else value


def _report(
    found: Mapping[str, list[Json]], wanted: Mapping[str, list[Json]], tolerance: Tolerance, rows: list[Json], name: str
) -> str:
    worst = {method: _worst(method, found[method], wanted[method], tolerance) for method in found}
    bad = [d for d, allowed in worst.values() if d and not allowed]
    if bad:
        raise _failure(max(bad, key=lambda d: d.size), rows, tolerance, name)
    shown = {method: d.size if d else 0.0 for method, (d, _) in worst.items()}
    report = {"rows": len(rows), "abs": tolerance.abs, "rel": tolerance.rel, "largest difference": shown}
    return json.dumps(report, indent=2) + "\n"


def _failure(worst: Difference, rows: list[Json], tolerance: Tolerance, name: str) -> UserError:
    return fail(
        "parity-failed",
        f"{worst.method} does not answer what the model answers (worst: row {worst.row + 1})",
        field=("tests", name),
        help=f"allowed: abs {tolerance.abs:g}, rel {tolerance.rel:g}; labels must be equal",
        notes=[
            f"service: {json.dumps(worst.found)}",
            f"model:   {json.dumps(worst.wanted)}",
            f"row:     {json.dumps(rows[worst.row])}",
        ],
    )


def _worst(method: str, found: list[Json], wanted: list[Json], tolerance: Tolerance) -> tuple[Difference | None, bool]:
    """The largest difference, and whether every one is allowed; a difference that is not comes first."""
    if len(found) != len(wanted):
        return Difference(method, 0, math.inf, len(found), len(wanted)), False
    worst: Difference | None = None
    worst_allowed = True
    for row, (a, b) in enumerate(zip(found, wanted, strict=True)):
        size, allowed = _distance(a, b, tolerance)
        if (not allowed, size) > (not worst_allowed, worst.size if worst else 0.0):
            worst, worst_allowed = Difference(method, row, size, a, b), allowed
    return worst, worst_allowed


def _distance(found: Json, wanted: Json, tolerance: Tolerance) -> tuple[float, bool]:
    """How far two answers are from each other, and whether that is allowed; labels are equal or infinitely far."""
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        parts = [_distance(a, b, tolerance) for a, b in zip(found, wanted, strict=True)]
        return max((size for size, _ in parts), default=0.0), all(allowed for _, allowed in parts)
    if isinstance(found, int | float) and isinstance(wanted, float) and not isinstance(found, bool):
        limits = Limits(abs=tolerance.abs, rel=tolerance.rel)
        return abs(found - wanted), limits.close(found, wanted)
    same = found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
    return (0.0 if same else math.inf), same
