"""What `cook` makes of a model and its sample before anything of the user's is touched: files, and what they say."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from ...schema.diagnostics import UserError
from ...targets.deployment import allow_list, module_name
from ..cas import Cas
from ..formats.inspection import inspect
from ..model_spec import ModelSpec
from ..tree import Tree
from . import main_code
from .own_code import OwnCode, own_code, pinned
from .rows import Table, table
from .saving import modules, save

MODEL, CODE, SAMPLE = "model", "code", "sample.csv"
"""Where the files lie beside deploy.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The files beside deploy.yaml, stored, and what the model in them is."""

    tree: Tree
    spec: ModelSpec
    rows: Table | None
    code: OwnCode

    @property
    def inputs(self) -> Mapping[str, Mapping[str, object]]:
        """What deploy.yaml has to say of columns, since neither the model nor the sample's CSV does."""
        open_ = {column.name for column in self.spec.inputs if column.categories is None}
        told = self.rows.dtypes() if self.rows else {}
        return {name: {"dtype": kind} for name, kind in told.items() if name in open_}


def prepare(model: object, sample: object, *, most: int, allow: Iterable[str], cas: Cas, scratch: Path) -> Prepared:
    """Save and read the model, with at most `most` rows of the sample; `scratch` is an empty folder.

    UserError where the model cannot be saved or served, or the sample does not fit it.
    """
    folder = scratch / MODEL
    folder.mkdir()
    saved = save(model, folder)
    (folder / "MLmodel").write_text(saved.mlmodel, encoding="utf-8")
    own = _main_code(scratch / CODE, saved.code)
    code = own_code(modules(folder, saved), {**sys.modules, **own})
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    rows = None if sample is None else table(sample, names, most)
    written = cas.put_folder(folder)
    spec = _inspected(cas, written, rows, allow, code)
    lines = pinned(requirement.name for requirement in spec.requirements)
    texts = {f"{MODEL}/requirements.txt": "".join(f"{line}\n" for line in lines)}
    texts |= {f"{CODE}/{path}": text for path, text in code.files.items()}
    texts |= {SAMPLE: rows.csv()} if rows else {}
    return Prepared(tree=written.at(MODEL) | cas.put_texts(texts), spec=spec, rows=rows, code=code)


def _main_code(folder: Path, text: str) -> Mapping[str, ModuleType]:
    """The module of what the notebook or script defines, as if it had been imported from `folder`."""
    if not text:
        return {}
    folder.mkdir()
    module = ModuleType(main_code.NAME)
    file = folder / f"{main_code.NAME}.py"
    file.write_text(text, encoding="utf-8")
    module.__file__ = str(file)
    return {main_code.NAME: module}


def _inspected(cas: Cas, model: Tree, rows: Table | None, allow: Iterable[str], code: OwnCode) -> ModelSpec:
    sources = {module_name(path): text for path, text in code.files.items()}
    data = rows.csv().encode() if rows else None
    try:
        return inspect(cas, model, sample=data, allowed=allow_list(allow), code=sources)
    except UserError as error:
        # there may be no deploy.yaml yet whose fields could be meant
        raise UserError(*(replace(diagnostic, field=None) for diagnostic in error.diagnostics)) from None
