"""`parity`: over HTTP, every method answers what the trained model itself says, row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from ...compiler.node import AnyNode, Made, Node, Work
from ...compiler.tree import Tree
from ...schema.config import Config, Tolerance, Tolerated
from ...schema.config import Path as ConfigPath
from ...schema.constraints import Doc
from ...schema.diagnostics import Diagnostic, UserError, fail
from ..deployment import Deployment
from ..project import package_of
from ..several import under
from .booted import Json, Service
from .chained import Chain, chain
from .places import HERE, In, Place, mistakes
from .trained import distance, plain, run_script, trained_answers

FILES = ("rows",)
"""Options that name files of the user's."""

BATCH = 500
SINGLES = 20
ROUNDING = 1e-9
"""Differences up to this are taken for rounding in what is advised, not in what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which rows to ask, and how close the numbers must be."""

    rows: Annotated[ConfigPath, Doc("CSV rows with the model's columns; other columns are ignored.")]
    tolerance: Tolerated = field(default_factory=Tolerance)
    model: Annotated[str | None, Doc("Which of several `models` they are rows of.")] = None
    in_: In = HERE


@dataclass(frozen=True, slots=True)
class Difference:
    """One row in which the service does not say what the model says; `size` is infinite for labels."""

    method: str
    row: int
    size: float
    found: Json
    wanted: Json


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options."""
    yield from mistakes(config, name, options.in_)
    yield from _unsaid(config, name, options.model)
    asked = config.models.get(options.model or "", config.serve)
    if asked.hooks and options.in_ != HERE:
        text = "a container cannot be compared with the model behind the user's hooks"
        hint = "leave `in` out: with hooks the model in the generated package is compared"
        yield Diagnostic(code="conflicting-keys", message=text, field=("tests", name, "in"), help=hint)


def _unsaid(config: Config, name: str, model: str | None) -> Iterator[Diagnostic]:
    """Whether it is known which model the rows are for."""
    known = f"known: {', '.join(config.models)}" if config.models else "there is one model only: leave `model` out"
    if config.models and model is None:
        text = "which of the models are these rows for?"
        yield Diagnostic(code="which-model", message=text, field=("tests", name), help=f"say `model: ...`; {known}")
    elif model is not None and model not in config.models:
        text = f"there is no model `{model}` in `models`"
        yield Diagnostic(code="which-model", message=text, field=("tests", name, "model"), help=known)


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    place = Place(deployment=deployment, test=name, name=options.in_)
    if options.model is None:
        return [_node(Chain({"": deployment}), place, name, options)]
    return [under(_node(chain(deployment, options.model), place, name, options), options.model)]


def _node(chained: Chain, place: Place, name: str, options: Options) -> AnyNode:
    """The check of a model, which is asked at `place`."""
    (*_, deployment) = chained.models.values()
    below = f"{options.model}/" if options.model else ""
    optimize = deployment.config.serve.optimize
    # a compiled model need not be closer to the trained one than its own proof asked for
    tolerance = options.tolerance if optimize.use == "off" else options.tolerance.wider(optimize.tolerance)

    def run(work: Work) -> Tree:
        project = work.folder / "project"
        work.cas.materialise(work.inputs["project"], project, shared=True)
        spec = deployment.spec(work)
        data = deployment.rows(work, "rows", options.rows)
        given, complete = chained.rows(work, data, work.folder, ("tests", name, "rows"))
        rows: list[Json] = [*given]
        methods = deployment.methods(spec)
        wanted = trained_answers(work, deployment, [*complete], methods, work.folder, ("tests", name, "rows"))
        if deployment.config.serve.hooks:
            found, alone = _behind(work, deployment, rows, methods, name, options.model), {}
        else:
            with place.service(work, project) as service:
                found = {method: _answers(service, f"{below}{method}", rows, name) for method in methods}
                alone = {method: _alone(service, f"{below}{method}", rows, name) for method in methods}
        report = _report(found, wanted, tolerance, rows, name)
        _report(alone, {m: wanted[m][:SINGLES] for m in alone}, tolerance, rows, name)
        return work.cas.put_texts({"report.json": report})

    return Node(
        name=name,
        kind="check",
        inputs={
            **place.inputs,
            "model": Made(node="model", folder="model"),
            "spec": Made(node="inspect"),
            "rows": deployment.file(options.rows),
            **deployment.modules,
            **chained.inputs,
        },
        params={
            "abs": repr(tolerance.abs),
            "rel": repr(tolerance.rel),
            **({"model": options.model} if options.model else {}),
            **deployment.layout,
            **place.params,
        },
        implementation=deployment.identity.tools("libcst"),
        environments=tuple(dict.fromkeys((deployment.model_environment, *chained.environments, *place.environments))),
        run=run,
    )


def _behind(
    work: Work, deployment: Deployment, rows: list[Json], methods: Sequence[str], name: str, model: str | None
) -> Mapping[str, list[Json]]:
    """What the model answers in the generated package: hooks take and give something else than the model does."""
    request = {
        "package": ".".join([deployment.package, *([package_of(model)] if model else [])]),
        "path": [str(work.folder / "project" / "src")],
        "rows": rows,
        "methods": list(methods),
    }
    text = "the model in the generated package fails on these rows"
    failure = fail("parity-failed", text, field=("tests", name))
    answers = run_script(work, work.pythons["env-serve"], "behind", request, work.folder, failure)
    return {method: [plain(answer) for answer in found] for method, found in answers.items()}


def _answers(service: Service, method: str, rows: list[Json], name: str) -> list[Json]:
    """The service's answers to all rows, asked in batches."""
    found: list[Json] = []
    for start in range(0, len(rows), BATCH):
        answer = _asked(service, method, rows[start : start + BATCH], name)
        found += answer if isinstance(answer, list) else []
    return [plain(value) for value in found]


def _alone(service: Service, method: str, rows: list[Json], name: str) -> list[Json]:
    """The service's answers to the first rows, asked one by one."""
    return [plain(_asked(service, method, row, name)) for row in rows[:SINGLES]]


def _asked(service: Service, method: str, body: Json, name: str) -> Json:
    answer = service.ask("POST", f"/{method}", body)
    if answer.status != 200:
        text = f"/{method} answered {answer.status} to rows of {name}"
        raise fail("parity-failed", text, field=("tests", name), notes=[answer.body[:2000].decode(errors="replace")])
    return answer.json()


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
        help=f"allowed: abs {tolerance.abs:g}, rel {tolerance.rel:g}; labels must be equal{_advice(worst)}",
        notes=[
            f"service: {json.dumps(worst.found, ensure_ascii=False)}",
            f"model:   {json.dumps(worst.wanted, ensure_ascii=False)}",
            f"row:     {json.dumps(rows[worst.row], ensure_ascii=False)}",
        ],
    )


def _advice(worst: Difference) -> str:
    """What to do where only rounding differs."""
    if worst.size > ROUNDING:
        return ""
    return "; the last bits may depend on how many rows are asked at once: say `tolerance: 1e-9`"


def _worst(method: str, found: list[Json], wanted: list[Json], tolerance: Tolerance) -> tuple[Difference | None, bool]:
    """The largest difference, and whether every one is allowed; a difference that is not comes first."""
    if len(found) != len(wanted):
        return Difference(method, 0, math.inf, len(found), len(wanted)), False
    worst: Difference | None = None
    worst_allowed = True
    for row, (a, b) in enumerate(zip(found, wanted, strict=True)):
        size, allowed = distance(a, b, tolerance)
        if (not allowed, size) > (not worst_allowed, worst.size if worst else 0.0):
            worst, worst_allowed = Difference(method, row, size, a, b), allowed
    return worst, worst_allowed
