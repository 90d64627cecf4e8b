"""What the trained model itself answers, and how far an answer of the service is from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...compiler import sandbox
from ...compiler.model_spec import ModelSpec
from ...compiler.node import Work
from ...schema.config import Tolerance
from ...schema.diagnostics import Field, UserError, fail
from ..deployment import Deployment
from ..project.probing import LOADING
from ..project.proof.comparing import Limits
from .booted import Json


def trained_answers(
    work: Work, deployment: Deployment, rows: list[Json], methods: Sequence[str], folder: Path, field: Field
) -> Mapping[str, list[Json]]:
    """The answers by method, for a node with the inputs "model" and "spec"; UserError `parity-reference` where the
    model fails. `folder` is to be empty.
    """
    spec = deployment.spec(work)
    work.cas.materialise(work.inputs["model"], folder / "model", shared=True)
    modules = deployment.place_modules(work, folder / "modules")
    request = {
        "model": str(folder / "model" / spec.file),
        "path": [str(path) for path in (_loading(folder, spec), *modules)],
        "rows": rows,
        "columns": {column.name: column.type for column in spec.inputs},
        "categories": {column.name: column.categories for column in spec.inputs},
        "container": spec.container,
        "methods": list(methods),
    }
    python = work.pythons[deployment.model_environment]
    text = "the trained model itself fails on these rows"
    return run_script(work, python, "reference", request, folder, fail("parity-reference", text, field=field))


def run_script(
    work: Work, python: Path, script: str, request: Mapping[str, object], folder: Path, failure: UserError
) -> Mapping[str, list[Json]]:
    """What a script beside this module answers; `failure` with its last lines where it gives no answer."""
    asked, answer = folder / f"{script}.json", folder / f"{script}-answer.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    lines: list[str] = []
    file = Path(__file__).with_name(f"{script}.py")
    command = [str(python), "-I", "-W", "ignore", str(file), str(asked), str(answer)]
    if sandbox.available():
        command = sandbox.confined(command, network=False, hidden=None)
    environ = sandbox.clean_environ(python=python, home=folder, passed={})
    code = work.processes.run(command, folder=folder, environ=environ, log=lines.append)
    if code != 0:
        raise UserError(*(replace(d, notes=("\n".join(lines[-20:]),)) for d in failure.diagnostics))
    answers: dict[str, list[Json]] = json.loads(answer.read_text(encoding="utf-8"))
    return answers


def _loading(folder: Path, spec: ModelSpec) -> Path:
    """A folder with the module that loads the model."""
    # libcst takes longer to import than a build with nothing to do
    from ..project.model_module import loading_module

    place = folder / "loading"
    place.mkdir()
    (place / LOADING).write_text(loading_module(spec), encoding="utf-8")
    return place


def plain(answer: Json) -> Json:
    """An answer's value as the model gives it: {"probabilities": {"no": 0.1, "yes": 0.9}} is [0.1, 0.9]."""
    (value,) = answer.values() if isinstance(answer, dict) else (answer,)
    return list(value.values()) if isinstance(value, dict) else value


def distance(found: Json, wanted: Json, tolerance: Tolerance) -> tuple[float, bool]:
    """How far two answers are from each other, and whether that is allowed; labels are equal or infinitely far."""
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        parts = [distance(a, b, tolerance) for a, b in zip(found, wanted, strict=True)]
        return max((size for size, _ in parts), default=0.0), all(allowed for _, allowed in parts)
    if isinstance(found, int | float) and isinstance(wanted, float) and not isinstance(found, bool):
        limits = Limits(abs=tolerance.abs, rel=tolerance.rel)
        return abs(found - wanted), limits.close(found, wanted)
    same = found == wanted and isinstance(found, bool) == isinstance(wanted, bool)
    return (0.0 if same else math.inf), same
