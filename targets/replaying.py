"""Logged requests, asked again: of the model as it was trained, and of the service that is built around it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from ..compiler.model_spec import ModelSpec
from ..compiler.node import Made, Node, Work
from ..compiler.tree import Tree
from ..schema.codec import decode, encode
from ..schema.composed import feeds_of
from ..schema.config import Tolerance
from ..schema.diagnostics import UserError, fail
from .checks.booted import Json, Service, booted
from .checks.trained import distance, plain, run_script, trained_answers
from .deployment import PROJECT, Deployment
from .project import package_of
from .project.params import heard

NAME = "replay"
SCHEMA = "payload/1"
"""The lines that are read here; template/payloads.py writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A request of the payload log."""

    request_id: str
    time: str
    name: str
    """What was asked, as the service calls it; empty where the line does not say so."""
    model: str
    """Digest of the model that answered it."""
    method: str
    rows: tuple[Mapping[str, object], ...]
    answers: tuple[object, ...]
    """None where the request failed."""
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one row is answered with, each as JSON text or as words why there is no answer."""

    trained: str
    built: str
    logged: str
    difference: float | None
    """Between trained and built; None where it is no number."""
    equal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A request with what its rows are answered with now."""

    request: Logged
    model: str
    """Digest of the model that is built now."""
    rows: tuple[Row, ...]

    @property
    def equal(self) -> bool:
        return all(row.equal for row in self.rows)


def read_line(line: str) -> Logged:
    """A line of the payload log; UserError `replay-unreadable`, or `replay-redacted` where it lacks columns."""
    try:
        fields = {"name": "", **json.loads(line)}
        if fields["schema"] != SCHEMA:
            raise ValueError(f"its schema is {fields['schema']!r}, not {SCHEMA!r}")
        redacted: list[str] = fields["redacted"]
        found = decode(Logged, {name: fields[name] for name in Logged.__slots__})
        if found.answers and len(found.answers) != len(found.rows):
            raise ValueError(f"it has {len(found.answers)} answers to {len(found.rows)} rows")
    except (ValueError, KeyError, TypeError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise fail("replay-unreadable", f"this is no line of a payload log: {why[:300]}") from None
    if redacted:
        text = f"request {found.request_id} was logged without {', '.join(redacted)}"
        raise fail("replay-redacted", text, help="no model can be asked without its columns")
    return found


def said(line: str, field: str) -> str:
    """A text in a line of a log, in which other lines may be anything."""
    try:
        return str(json.loads(line)[field])
    except (ValueError, KeyError, TypeError):
        return ""


def node(deployment: Deployment, requests: Sequence[Logged], tolerance: Tolerance, below: str = "") -> Node:
    """`replay` asks; whether both say the same is for whoever reads its report.

    `below` is the name of the model, where the service has several.
    """
    return Node(
        name=NAME,
        kind="check",
        inputs={
            "project": PROJECT,
            "model": Made(node="model", folder="model"),
            "spec": Made(node="inspect"),
            **deployment.modules,
        },
        params={
            "requests": json.dumps([encode(request) for request in requests], sort_keys=True),
            "tolerance": json.dumps(encode(tolerance)),
            **({"model": below} if below else {}),
            **deployment.layout,
        },
        implementation=deployment.identity.tools("libcst"),
        environments=tuple(dict.fromkeys(("env-serve", deployment.model_environment))),
        run=lambda work: _replay(work, deployment, requests, tolerance, below),
    )


def report(deployment: Deployment, tree: Tree) -> tuple[Replayed, ...]:
    """What the tree of a `replay` node says."""
    said = json.loads(deployment.store.cas.text(tree, "report.json"))
    return tuple(decode(Replayed, one) for one in said)


def _replay(work: Work, deployment: Deployment, requests: Sequence[Logged], tolerance: Tolerance, below: str) -> Tree:
    spec = deployment.spec(work)
    if deployment.config.serve.hooks:
        text = "behind hooks the trained model takes and gives something else than what is logged"
        raise fail(
            "replay-mismatch", text, field=("serve", "hooks"), help="`deployc prove` compares the models themselves"
        )
    if feeds_of(deployment.config.inputs):
        text = "the log does not say what other models answered"
        hint = "`deployc prove` compares the models themselves"
        raise fail("replay-mismatch", text, field=("inputs",), help=hint)
    for request in requests:
        check(request, spec, deployment.methods(spec))
    project = work.folder / "project"
    work.cas.materialise(work.inputs["project"], project, shared=True)
    with booted(work, project, deployment, field=("serve",)) as service:
        built = [_built(service, request, below) for request in requests]
    package = (deployment.package, *([package_of(below)] if below else []))
    trained = [
        _trained(work, deployment, _unpictured(work, request, project, package), work.folder / f"{i}")
        for i, request in enumerate(requests)
    ]
    about = project.joinpath("src", *package, "build.json").read_text(encoding="utf-8")
    model = json.loads(about)["model"]
    found = [
        Replayed(request=request, model=model, rows=compared(request, t, b, tolerance))
        for request, t, b in zip(requests, trained, built, strict=True)
    ]
    return work.cas.put_texts({"report.json": json.dumps([encode(one) for one in found], indent=1) + "\n"})


def check(request: Logged, spec: ModelSpec, methods: tuple[str, ...]) -> None:
    """UserError `replay-mismatch` where the trained model cannot be asked what was logged."""
    method, _, params = request.method.partition(" ")
    if method not in methods or (params and not heard(spec)):
        text = f"request {request.request_id} asks for {request.method}, which is not served"
        raise fail("replay-mismatch", text, help=f"served: {', '.join(methods)}")
    columns = {column.name for column in spec.inputs}
    if unknown := sorted({name for row in request.rows for name in row} - columns):
        text = f"request {request.request_id} has columns that the model does not take: {', '.join(unknown[:10])}"
        raise fail("replay-mismatch", text, help="it was answered by another model")
    if pictured(request) and not any(column.image for column in spec.inputs):
        text = f"request {request.request_id} holds an image, and the model takes none"
        raise fail("replay-mismatch", text, help="it was answered by another model")


def pictured(request: Logged) -> list[str]:
    """The images that a request holds, files in base64."""
    cells = [value for row in request.rows for value in row.values()]
    return [str(cell.get("b64", "")) for cell in cells if isinstance(cell, Mapping)]


def _built(service: Service, request: Logged, below: str) -> list[Json] | str:
    """The built service's answers, or why there are none."""
    path = address(request.method)
    answer = service.ask("POST", f"/{below}/{path}" if below else f"/{path}", _sent(request))
    answers = answer.json()
    if answer.status == 200 and isinstance(answers, list):
        return [plain(one) for one in answers]
    problem = answers.get("error") if isinstance(answers, dict) else None
    return f"{answer.status} {problem.get('code') if isinstance(problem, dict) else ''}".strip()


def address(method: str) -> str:
    """The address of what was logged, in which the method's parameters stand after a space."""
    name, _, params = method.partition(" ")
    said = json.loads(params) if params else {}
    texts = {key: json.dumps(value) if isinstance(value, bool) else value for key, value in said.items()}
    return f"{name}?{urlencode(texts, doseq=True)}" if texts else name


def _unpictured(work: Work, request: Logged, project: Path, package: Sequence[str]) -> Logged | str:
    """The request with an array for each of its images, as the built service makes it, or why there is none."""
    files = pictured(request)
    if not files:
        return request
    folder = work.folder / f"images of {request.request_id}"
    folder.mkdir()
    asked = {"package": ".".join(package), "path": [str(project / "src")], "files": files}
    failure = fail("replay-mismatch", f"the images of request {request.request_id} cannot be read")
    made = run_script(work, work.pythons["env-serve"], "pictures", asked, folder, failure)["arrays"]
    if bad := next((why for why in made if isinstance(why, str)), ""):
        return bad
    arrays = iter(made)
    rows = ({k: next(arrays) if isinstance(v, Mapping) else v for k, v in row.items()} for row in request.rows)
    return replace(request, rows=tuple(rows))


def _trained(work: Work, deployment: Deployment, request: Logged | str, folder: Path) -> list[Json] | str:
    """The trained model's answers, or the last line of why it fails."""
    if isinstance(request, str):
        return request
    folder.mkdir()
    try:
        found = trained_answers(work, deployment, _sent(request), (request.method,), folder, ("model",))
        return found[request.method]
    except UserError as error:
        said = "\n".join(note for diagnostic in error.diagnostics for note in diagnostic.notes)
        return next(reversed(said.strip().splitlines()), "it fails")


def _sent(request: Logged) -> list[Json]:
    rows: list[Json] = json.loads(json.dumps([dict(row) for row in request.rows]))
    return rows


def compared(
    request: Logged, trained: list[Json] | str, built: list[Json] | str, tolerance: Tolerance
) -> tuple[Row, ...]:
    """Both say the same where both answer within the tolerance, and where neither answers."""
    logged = [*map(_told, _answers(request))] or [str(request.status)] * len(request.rows)
    if isinstance(trained, str) or isinstance(built, str):
        same = isinstance(trained, str) and isinstance(built, str)
        texts = zip(_each(trained, request), _each(built, request), logged, strict=True)
        return tuple(Row(trained=t, built=b, logged=g, difference=None, equal=same) for t, b, g in texts)
    return tuple(_row(t, b, g, *distance(b, t, tolerance)) for t, b, g in zip(trained, built, logged, strict=True))


def _row(trained: Json, built: Json, logged: str, size: float, allowed: bool) -> Row:
    return Row(
        trained=_told(trained),
        built=_told(built),
        logged=logged,
        difference=size if math.isfinite(size) else None,
        equal=allowed,
    )


def _answers(request: Logged) -> list[Json]:
    """What was logged, in the model's own form where it has one."""
    answers: list[Json] = json.loads(json.dumps(list(request.answers)))
    return [plain(answer) if not isinstance(answer, dict) or len(answer) == 1 else answer for answer in answers]


def _each(answers: list[Json] | str, request: Logged) -> list[str]:
    return [answers] * len(request.rows) if isinstance(answers, str) else [*map(_told, answers)]


def _told(answer: Json) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer)
