"""Reading a model that is named on the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ...schema.config import MODEL_URI
from ...schema.diagnostics import Diagnostic, UserError, fail
from ...schema.source import masked
from ...targets.deployment import allow_list, module_name
from ..formats.inspection import inspect_path
from ..model_spec import ModelSpec
from ..process import Processes
from ..sources.asking import Bench, answer
from ..sources.place import Place
from .allow import allowed

SCHEMES = ("models:/", "runs:/")


def is_uri(model: str) -> bool:
    """Whether a model is named as MLflow names it, not as a file."""
    return model.startswith(SCHEMES)


def inspected(model: str, sample: Path | None, allow: Iterable[str], code: Iterable[Path] = ()) -> ModelSpec:
    """What a model file or folder, or one that MLflow has, is; UserError where it cannot be read or is not trusted."""
    if "://" in model and not Path(model).exists():
        advice = "download it, and name the file; or name a model of MLflow, by models:/... or runs:/..."
        raise fail("missing-file", f"{masked(model)} is an address, from which no model is fetched", help=advice)
    if not is_uri(model):
        return _inspected(Path(model), sample, allow, code)
    if not re.fullmatch(MODEL_URI.regex, model):
        raise fail("bad-value", f"{model} names no model of MLflow", help=f"write it as {MODEL_URI.words}")
    with TemporaryDirectory(prefix="deployc-model-") as folder:
        place = Place(tracking_uri=None, root=Path.cwd(), environ=os.environ)
        bench = Bench(folder=Path(folder), processes=Processes(), log=lambda line: None)
        try:
            found = answer(model, place, bench)
        except UserError as error:
            raise UserError(*(_unplaced(d) for d in error.diagnostics)) from None
        return _inspected(Path(found.model), sample, allow, code)


def _inspected(model: Path, sample: Path | None, allow: Iterable[str], code: Iterable[Path]) -> ModelSpec:
    for path in (model, *([sample] if sample else []), *code):
        if not path.exists():
            raise fail("missing-file", f"no file {path}")
    rows = sample.read_bytes() if sample else None
    try:
        return inspect_path(model, sample=rows, allowed=allow_list(allowed(os.environ, allow)), code=_sources(code))
    except UserError as error:
        # there is no deploy.yaml whose fields could be meant
        raise UserError(*(_unplaced(d) for d in error.diagnostics)) from None


def _unplaced(diagnostic: Diagnostic) -> Diagnostic:
    """The same, said to who has no deploy.yaml yet."""
    said = diagnostic.help.replace("list its file in model.code", "name its file with --code")
    return replace(diagnostic, field=None, help=said.replace("ask whoever runs deployc to allow", "allow, by --allow,"))


def _sources(code: Iterable[Path]) -> dict[str, str]:
    """Sources of modules and packages, by import name."""
    files = {path: [path] if path.is_file() else sorted(path.rglob("*.py")) for path in code}
    return {
        module_name(file.relative_to(path.parent).as_posix()): file.read_text(encoding="utf-8")
        for path, found in files.items()
        for file in found
    }
