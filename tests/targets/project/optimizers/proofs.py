"""Real models, converted and compared as a build does it, in this process."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any  # models and tables of libraries without types

import joblib
from deployc.compiler.formats.inspection import inspect_path
from deployc.compiler.model_spec import ModelSpec, Output
from deployc.schema.codec import decode
from deployc.schema.config import Config, Model, Optimize, Serve
from deployc.targets.project import probe, trial
from deployc.targets.project.applying import compiled_spec
from deployc.targets.project.proof.__main__ import Request, answered
from deployc.targets.project.proof.report import Proof

Row = Mapping[str, object]
_numbers = itertools.count()


def proved(
    model: Any,
    rows: list[Row],
    optimizer: str,
    folder: Path,
    *,
    options: Optimize | None = None,
    sabotage: Callable[[bytes], bytes] = lambda data: data,
    count: int = 1000,
) -> Proof | str:
    """What the proof of a fitted model says, or why it cannot be converted; `sabotage` changes what was converted.

    `count` is how many rows are generated.
    """
    file = folder / "model.joblib"
    joblib.dump(model, file)
    config = Config(
        version=1,
        name="proved",
        python="3.11",
        model=Model(path="model"),
        serve=Serve(optimize=replace(options or Optimize(), rows=count)),
    )
    spec = inspect_path(file, sample=_csv(rows))
    given = {"sample": rows}
    outputs = tuple(_outputs(spec, model, rows))
    made = trial.Trial(spec=spec, outputs=outputs, config=config, rows=given, seed="7", processor="here")
    with _packages(made, optimizer, folder / "code") as (original, package):
        compiled = folder / compiled_spec(spec, optimizer, {}).file
        count = config.serve.optimize.rows
        converting = trial.Forms(original=file, other=compiled, package=package, optimizer=optimizer)
        why = _said(trial.request(made, converting, count=0), original)["why"]
        if why:
            return str(why)
        compiled.write_bytes(sabotage(compiled.read_bytes()))
        comparing = trial.Forms(original=file, other=compiled, package=package)
        said = _said(trial.request(made, comparing, count=count), original)
        del said["why"]
        return decode(Proof, said)


@contextmanager
def _packages(made: trial.Trial, optimizer: str, folder: Path) -> Iterator[tuple[str, str]]:
    """The packages of both forms on Python's path, under names that no other call has taken."""
    number = next(_numbers)
    original, compiled = f"original_{number}", f"compiled_{number}"
    trial.write_runner(made, folder)
    trial.write_compiled(made, optimizer, folder)
    (folder / trial.ORIGINAL).rename(folder / original)
    (folder / trial.COMPILED).rename(folder / compiled)
    sys.path.insert(0, str(folder))
    try:
        yield original, compiled
    finally:
        sys.path.remove(str(folder))


def _said(text: str, original: str) -> dict[str, Any]:
    request = Request(**{**json.loads(text), "original_package": original})
    said: dict[str, Any] = json.loads(json.dumps(answered(request)))
    return said


def _outputs(spec: ModelSpec, model: Any, rows: list[Row]) -> Iterator[Output]:
    columns = [(c.name, c.type, c.optional, c.categories) for c in spec.inputs]
    for method in spec.methods:
        found: dict[str, Any] = probe.described(probe.ask(model, method, columns, rows[:3], spec.container))
        yield Output(method=method, type=found["type"], shape=tuple(found["shape"]))


def _csv(rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows(["" if v is None else v if isinstance(v, str) else repr(v) for v in r.values()] for r in rows)
    return text.getvalue().encode()
