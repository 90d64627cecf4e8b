"""From a model's files to its ModelSpec: read, judged against what may be loaded, never executed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ...schema.diagnostics import Diagnostic, UserError, fail
from ..cas import Cas
from ..model_spec import ModelSpec
from ..tree import Entry, Tree
from .allowed import Allowed, check_allowed, default_allowed
from .flavor import Flavor, Identity, class_of, flavors, known_flavors
from .inputs import Inputs, inputs_of
from .mlmodel import MlModel, find_mlmodel, read_mlmodel
from .own_classes import own_methods
from .requirements import contradictions, requirements_of
from .sample import read_sample
from .seems import LIBRARIES, seems_folder
from .source import Content, broken, read_content, the_file, unknown_flavor
from .stream import LIMIT

_FIELD = ("model", "path")
_SAME = {"pickle": ("pickle", "cloudpickle"), "cloudpickle": ("pickle", "cloudpickle"), "skops": ("skops",)}


def inspect(
    cas: Cas,
    model: Tree,
    *,
    sample: bytes | None = None,
    allowed: Allowed | None = None,
    code: Mapping[str, str] | None = None,
    limit: int = LIMIT,
) -> ModelSpec:
    """What the model is.

    `model`: an MLmodel folder or a folder with one file. `sample`: CSV rows. `allowed`: what the file may name, by
    default `default_allowed()`; `code`: sources of the user's own modules by import name. `limit`: bytes that a
    compressed file may unfold to. Raises UserError, and nothing else, for whatever the files hold.
    """
    try:
        return _inspected(cas, model, sample, allowed or default_allowed(), code or {}, limit)
    except UserError as error:
        raise UserError(*(_with_code(diagnostic, model) for diagnostic in error.diagnostics)) from None


def _inspected(
    cas: Cas, model: Tree, sample: bytes | None, allowed: Allowed, code: Mapping[str, str], limit: int
) -> ModelSpec:
    described = find_mlmodel(model)
    stated = read_mlmodel(cas, model, described) if described else None
    entry = _model_entry(model, stated)
    permitted = allowed.plus_code(code)
    code_modules = tuple(sorted(code))
    content = read_content(cas, entry, permitted, claimed=stated.class_name if stated else "", limit=limit)
    flavor, identity = _identified(content, stated, permitted, code_modules)
    identity = replace(identity, methods=_own(identity, code or {}) or identity.methods)
    check_allowed(content.mentions, permitted, content.file)
    _check_serializer(content, stated)
    inputs = inputs_of(identity, stated.signature if stated else None, None if sample is None else read_sample(sample))
    return replace(_spec(flavor, identity, inputs, content, stated, code_modules), report=_report(model))


def _with_code(diagnostic: Diagnostic, model: Tree) -> Diagnostic:
    """What is forbidden may be in code that MLflow saved beside the model, and that is as little to be trusted."""
    found = [entry.path for entry in model if entry.path.startswith("code/") and entry.path.endswith(".py")]
    if diagnostic.code != "forbidden-pickle" or not found:
        return diagnostic
    note = f"code that came with the model is not used unless a copy of it is listed: {', '.join(found[:5])}"
    return replace(diagnostic, notes=(*diagnostic.notes, note))


def stored(cas: Cas, path: Path) -> Tree:
    """A model's file or folder as a tree in `cas`; UserError `model-missing` when there is none."""
    if path.is_file():
        return Tree.of([cas.put_file(path)])
    if not path.is_dir():
        raise fail("model-missing", f"there is no model at {path}", field=_FIELD)
    try:
        return cas.put_folder(path)
    except ValueError as error:
        raise fail("model-missing", f"the model's folder cannot be taken: {error}", field=_FIELD) from None


def inspect_path(
    path: Path, *, sample: bytes | None = None, allowed: Allowed | None = None, code: Mapping[str, str] | None = None
) -> ModelSpec:
    """`inspect` of a file or folder on disk, through a temporary store beside nothing of the user's."""
    with TemporaryDirectory() as folder:
        cas = Cas(Path(folder))
        return inspect(cas, stored(cas, path), sample=sample, allowed=allowed, code=code)


def _report(model: Tree) -> str:
    """The first report on the training, such as LightAutoML's lama_interactive_report.html; empty without one."""
    pages = (PurePosixPath(entry.path) for entry in model if entry.path.endswith(".html"))
    return next((str(page) for page in pages if "report" in page.name), "")


def _model_entry(model: Tree, stated: MlModel | None) -> Entry:
    if stated is None:
        if library := seems_folder(model):
            raise unknown_flavor(f"the folder seems to be a model of {library}")
        return the_file(model).entries[0]
    if stated.flavor == "python_function":
        raise unknown_flavor(
            "MLmodel describes a python_function: any code, with no model library that could be read",
            "save the model itself with its library's own flavor, such as mlflow.sklearn.save_model",
        )
    if stated.flavor not in known_flavors():
        raise unknown_flavor(f"MLmodel describes a model of {LIBRARIES.get(stated.flavor, stated.flavor)}")
    if stated.file not in model:
        raise fail("model-missing", f"MLmodel names the file `{stated.file}`, which is not beside it", field=_FIELD)
    return model[stated.file]


def _identified(
    content: Content, stated: MlModel | None, allowed: Allowed, code_modules: tuple[str, ...]
) -> tuple[str, Identity]:
    """The flavor that knows the model, and what it knows; an unknown class of the user's own may be one."""
    if content.known:
        _check_flavor(content.file, content.known[0], stated)
        return content.known
    name = class_of(content.top)
    library = name.module.split(".")[0] if name else ""
    if library in LIBRARIES and library not in known_flavors():
        others = [m for m in content.mentions if m.name.module.split(".")[0] != library]
        check_allowed(others, allowed, content.file)
        raise unknown_flavor(f"{content.file} holds a model of {LIBRARIES[library]}, a {name}")
    for flavor in _candidates(stated):
        # a flavor may have to read what is kept as bytes
        with broken(content.file):
            if identity := flavor.identify(content.top):
                return flavor.name, identity
    check_allowed(content.mentions, allowed, content.file)
    if name is None:
        raise unknown_flavor(
            f"{content.file} holds a {type(content.top).__name__}, not a model",
            "save the fitted model by itself, not inside a dict or a list",
        )
    if library not in {module.split(".")[0] for module in code_modules}:
        raise unknown_flavor(f"{content.file} holds a {name}, which is no model of a known library")
    return stated.flavor if stated else "sklearn", Identity(class_name=str(name), methods=("predict",))


def _own(identity: Identity, sources: Mapping[str, str]) -> tuple[str, ...]:
    """What an own class that answers for the model answers with; `transform` only where it does nothing else."""
    found = own_methods(identity.steps[-1].class_name if identity.steps else identity.class_name, sources)
    return tuple(method for method in found if method != "transform") or found


def _candidates(stated: MlModel | None) -> list[Flavor]:
    """All flavors, the one that MLmodel names first: MLflow saves other libraries' objects as scikit-learn's too."""
    return sorted(flavors(), key=lambda flavor: stated is None or flavor.name != stated.flavor)


def _check_flavor(file: str, flavor: str, stated: MlModel | None) -> None:
    if stated and stated.flavor != flavor:
        text = f"MLmodel says that {file} is a model of {stated.flavor}, but it is one of {flavor}"
        raise fail("broken-mlmodel", text, field=_FIELD)


def _check_serializer(content: Content, stated: MlModel | None) -> None:
    """What MLmodel says needs to be what is there: MLflow's own loader would follow MLmodel."""
    if content.known or not stated or not stated.format:
        return
    if content.serializer not in _SAME.get(stated.format, (stated.format,)):
        raise fail(
            "broken-mlmodel",
            f"MLmodel says that {content.file} was saved with {stated.format}, but it was with {content.serializer}",
            field=_FIELD,
        )


def _spec(
    flavor: str,
    identity: Identity,
    inputs: Inputs,
    content: Content,
    stated: MlModel | None,
    code_modules: tuple[str, ...],
) -> ModelSpec:
    pickled_so = stated is not None and stated.format == "cloudpickle" and not content.known
    serializer = "cloudpickle" if pickled_so else content.serializer
    modules = {m.name.module for m in content.mentions}
    requirements = requirements_of(
        {module for module in modules if module.split(".")[0] not in sys.stdlib_module_names},
        versions=identity.versions,
        pins=stated.pins if stated else {},
        serializer=serializer,
        dataframe=inputs.container == "dataframe",
        own={module.split(".")[0] for module in code_modules},
    )
    return ModelSpec(
        flavor=flavor,
        class_name=identity.class_name,
        steps=identity.steps,
        methods=identity.methods,
        inputs=inputs.columns,
        container=inputs.container,
        params=inputs.params,
        classes=identity.classes,
        file=content.file,
        serializer=serializer,
        types=tuple(sorted({str(m.name) for m in content.mentions})),
        requirements=requirements,
        python=stated.python if stated else "",
        notes=inputs.notes + contradictions(identity.versions, stated.pins if stated else {}),
    )
