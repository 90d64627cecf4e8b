"""What each value of a config allows alone but all of them together do not."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from . import composed
from .config import Config, Model
from .diagnostics import Diagnostic, Field
from .source import masked

_BARE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_REQUIREMENT = "write a name and its versions as PEP 508 has them, such as `pandas>=2,<3`"

_INSTALLED = {"test", "pip", "setuptools", "pkg_resources", "site"}
"""Modules that come with a Python or an environment, though not of its standard library by name."""


def combinations(config: Config) -> Iterator[Diagnostic]:
    """Everything that is wrong with a well-formed config by itself; no file is looked at."""
    yield from _name(config)
    yield from _source(config.model, ("model",)) if not config.models else _several(config)
    yield from composed.mistakes(config)
    yield from _requirements(config)
    yield from _twice("output", "two commands write it", _outputs(config))
    yield from _twice("package", "two indexes claim it", _packages(config))
    yield from _twice("method", "it would be served twice", _listed(("serve", "methods"), config.serve.methods))
    for name, member in config.models.items():
        yield from _twice("method", "it would be served twice", _listed(("models", name, "methods"), member.methods))


def hides(name: str) -> bool:
    """Whether the package of a deployment of that name would hide a module that Python itself brings."""
    module = name.replace("-", "_")
    return module in sys.stdlib_module_names or module in _INSTALLED


def _name(config: Config) -> Iterator[Diagnostic]:
    if hides(config.name):
        message = f"`{config.name}` is the name of a module of Python's own, which would hide the service's package"
        yield Diagnostic(
            code="reserved-name", message=message, field=("name",), help=f"such as `{config.name}-service`"
        )


def _several(config: Config) -> Iterator[Diagnostic]:
    """What belongs to a single model, where there are several."""
    if config.model != Model():
        yield _apart(("models",), "`model` and `models` both say what is served", "keep one of them")
    serve = config.serve
    single: tuple[tuple[Field, object], ...] = (
        (("inputs",), config.inputs),
        (("serve", "methods"), serve.methods),
        (("serve", "hooks"), serve.hooks),
    )
    for field, said in single:
        if said:
            text = f"`{field[-1]}` does not say which of the `models` it means"
            yield _apart(field, text, f"write it below the model's name, as `models.NAME.{field[-1]}`")
    for name, member in config.models.items():
        yield from _source(member.model, ("models", name))


def _apart(field: Field, message: str, help: str) -> Diagnostic:
    return Diagnostic(code="conflicting-keys", message=message, field=field, help=help)


def _source(model: Model, field: Field) -> Iterator[Diagnostic]:
    """What does not go together of where a model comes from, which `field` says."""
    if model.uri is None:
        if model.path is None:
            message = f"`{field[-1]}` says neither by `path` nor by `uri` which model it is"
            advice = "add `path: ...`, the file or folder that training writes" if model.train else "add `path: ...`"
            yield Diagnostic(code="missing-key", message=message, field=field, help=advice)
        if model.tracking_uri is not None:
            message = "`tracking_uri` says where `uri` is looked up, but there is no `uri`"
            yield _apart((*field, "tracking_uri"), message, "add `uri`, or take `tracking_uri` out")
        return
    for key, value in (("path", model.path), ("train", model.train)):
        if value is not None:
            message = f"`{key}` and `uri` both say where the model comes from"
            yield _apart((*field, key), message, "keep one of them")


def _requirements(config: Config) -> Iterator[Diagnostic]:
    for field, text in _all_requirements(config):
        if _BARE.fullmatch(text):
            continue
        # Imported only where a requirement is more than a name.
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            Requirement(text)
        except InvalidRequirement:
            message = f"`{masked(text)}` is no requirement of a package"
            yield Diagnostic(code="bad-requirement", message=message, field=field, help=_REQUIREMENT)


def _all_requirements(config: Config) -> Iterator[tuple[Field, str]]:
    if config.model.train:
        yield from _listed(("model", "train", "requirements"), config.model.train.requirements)
    for name, member in config.models.items():
        if member.train:
            yield from _listed(("models", name, "train", "requirements"), member.train.requirements)
    yield from _listed(("serve", "requirements"), config.serve.requirements)
    for name, stage in config.stages.items():
        yield from _listed(("stages", name, "requirements"), stage.requirements)


def _outputs(config: Config) -> Iterator[tuple[Field, str]]:
    if config.model.train and config.model.path:
        yield ("model", "path"), config.model.path.rstrip("/")
    for name, member in config.models.items():
        if member.train and member.path:
            yield ("models", name, "path"), member.path.rstrip("/")
    for name, stage in config.stages.items():
        yield from _listed(("stages", name, "outputs"), [output.rstrip("/") for output in stage.outputs])


def _packages(config: Config) -> Iterator[tuple[Field, str]]:
    for name, index in config.lock.indexes.items():
        packages = [re.sub("[-_.]+", "-", package).lower() for package in index.packages]
        yield from _listed(("lock", "indexes", name, "packages"), packages)


def _listed(field: Field, values: Iterable[str]) -> Iterator[tuple[Field, str]]:
    return (((*field, index), value) for index, value in enumerate(values))


def _twice(what: str, why: str, named: Iterable[tuple[Field, str]]) -> Iterator[Diagnostic]:
    """A diagnostic for each name that was there before."""
    seen: set[str] = set()
    for field, name in named:
        if name in seen:
            message = f"the {what} `{name}` is named twice: {why}"
            yield Diagnostic(code="named-twice", message=message, field=field, help="keep one of them")
        seen.add(name)
