"""What must hold of a config beyond its language: files that exist, names that do not clash, parts that fit."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..compiler.command import sources
from ..compiler.files import Sources
from ..compiler.formats.overrides import contradictions
from ..compiler.functions import functions
from ..compiler.hooks.modules import on_disk
from ..compiler.hooks.read import read
from ..compiler.node import Files
from ..schema.config import Command, Config, Model
from ..schema.diagnostics import Diagnostic, Field, UserError
from ..schema.source import read_source
from .catalogs import CHECKS, TARGETS
from .deployment import hook_modules, own_template
from .project.contract import FIELD, check_template
from .several import OWN, field_of, named

RESERVED = (
    *("serve", "train", "source", "model", "inspect", "loader", "probe"),
    *("optimize", "prove", "hooks", "generate", "openapi", "assemble", "template"),
)


PLACES = frozenset({"docs", "healthz", "info", "metrics", "readyz", "static", "v2"})
"""Names of routes of a service of several models, which none of them may have."""


def check(config: Config, found: Sources) -> Iterator[Diagnostic]:
    """All such mistakes at once; each says its field."""
    yield from _names(config)
    yield from _files(config, found)
    yield from _commands(config)
    yield from _circles(config)
    yield from _template(config, found)
    yield from _hooks(config, found)
    yield from _helpers(config, found)
    yield from contradictions(config.inputs)
    for name, member in config.models.items():
        yield from (replace(d, field=field_of(d.field, name)) for d in contradictions(member.inputs))
    yield from _several(config)
    for catalog, entries in ((TARGETS, config.targets), (CHECKS, config.tests)):
        for name, entry in entries.items():
            if test := getattr(catalog.load(entry.kind), "check", None):
                yield from test(config, name, entry.options)


def _several(config: Config) -> Iterator[Diagnostic]:
    """What does not go with several models."""
    if not config.models:
        return
    for name in config.models:
        if name in PLACES:
            text = f"a model cannot be called `{name}`: `/{name}` is a route of the whole service"
            yield Diagnostic(code="name-taken", message=text, field=("models", name), help="choose another name")
    if own_template(config):
        text = "a template of your own serves one model, and these are several"
        yield Diagnostic(code="conflicting-keys", message=text, field=FIELD, help="name a framework")
    for name, entry in config.targets.items():
        if not getattr(TARGETS.load(entry.kind), "SEVERAL", False):
            text = f"a target `{entry.kind}` is made of one model, and these are several"
            yield Diagnostic(code="conflicting-keys", message=text, field=("targets", name), help="take it out")
    yield from _same_code(config)


def _same_code(config: Config) -> Iterator[Diagnostic]:
    """Modules of two models that would lie in one place."""
    places: dict[str, str] = {}
    for name, member in config.models.items():
        for number, path in enumerate(member.code):
            place = path.rstrip("/").rpartition("/")[2]
            if places.setdefault(place, path) != path:
                text = f"the module `{place}` is another one for another model: {places[place]}"
                field = ("models", name, "code", number)
                yield Diagnostic(code="named-twice", message=text, field=field, help="give one of them another name")


def _hooks(config: Config, found: Sources) -> Iterator[Diagnostic]:
    # several models may have the same
    for module, field in {module: field for field, module in hook_modules(config).items()}.items():
        try:
            read(module, on_disk(found.root), field)
        except UserError as error:
            yield from error.diagnostics


def _helpers(config: Config, found: Sources) -> Iterator[Diagnostic]:
    """What is wrong in the user's own files that the pipeline imports; its own file is read with deploy.yaml."""
    if config.pipeline and (found.root / config.pipeline).is_file():
        try:
            functions(config.pipeline, found.root)
        except UserError as error:
            yield from error.diagnostics


def _names(config: Config) -> Iterator[Diagnostic]:
    taken: dict[str, str] = dict.fromkeys(RESERVED, "deployc's own")
    taken |= {named(node, model): "deployc's own" for model in config.models for node in OWN}
    for kind, names in (("stages", config.stages), ("targets", config.targets), ("tests", config.tests)):
        for name in names:
            if name in taken or name.startswith(("lock-", "env-", "base-", "code-")):
                whose = taken.get(name, "deployc's own")
                text = f"the name `{name}` is taken: it is {whose}"
                yield Diagnostic(code="name-taken", message=text, field=(kind, name), help="choose another name")
            taken[name] = f"also in `{kind}`"


def _commands(config: Config) -> Iterator[Diagnostic]:
    if not config.targets:
        text = "no target is named, so nothing would be built"
        yield Diagnostic(code="missing-key", message=text, field=("targets",), help="such as `targets: {project: {}}`")
    for name, command in config.stages.items():
        if not command.outputs:
            text = f"stage `{name}` has no outputs, so nothing could use what it does"
            yield Diagnostic(code="missing-key", message=text, field=("stages", name), help="name its `outputs`")


def _circles(config: Config) -> Iterator[Diagnostic]:
    """Stages that need what they make themselves, by way of others or not."""
    made = {name: command.outputs for name, command in config.stages.items()}
    needs = {name: set(sources(c.inputs, made)) & set(made) for name, c in config.stages.items()}
    try:
        tuple(graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        circle = error.args[1]
        text = f"stages need each other in a circle: {' -> '.join(circle)}"
        yield Diagnostic(code="stage-cycle", message=text, field=("stages", circle[0], "inputs"))


def _template(config: Config, found: Sources) -> Iterator[Diagnostic]:
    """What is wrong in a template of the user's own, at its own lines."""
    folder = own_template(config)
    if not folder:
        return
    if escape := _escapes(folder):
        text = f"{config.serve.framework} {escape}"
        yield Diagnostic(code="outside-folder", message=text, field=FIELD, help="copy it in")
        return
    files = [path for path in found.expand(f"{folder}/*.py") if path.count("/") == folder.count("/") + 1]
    texts = {}
    for path in files:
        try:
            texts[path] = read_source(found.root / path, path).text
        except UserError as error:
            yield from error.diagnostics
    if len(texts) == len(files):
        yield from check_template(texts, folder)


def _files(config: Config, found: Sources) -> Iterator[Diagnostic]:
    for field, pattern in _patterns(config):
        escape = _escapes(pattern)
        if escape:
            yield Diagnostic(code="outside-folder", message=f"{pattern} {escape}", field=field, help="copy it in")
            continue
        try:
            paths = found.present(pattern)
            if field[-1] == "path" and field[0] in ("model", "models"):
                found.inside(paths)
        except UserError as error:
            for diagnostic in error.diagnostics:
                yield Diagnostic(
                    code=diagnostic.code,
                    message=diagnostic.message,
                    field=field,
                    help=diagnostic.help or _help(pattern),
                )


def _help(pattern: str) -> str:
    return "paths are relative to deploy.yaml" + ("; the pattern matches no file" if "*" in pattern else "")


def _escapes(pattern: str) -> str:
    if pattern.startswith("/"):
        return "is an absolute path, which names something else on another machine"
    depth = 0
    for part in pattern.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return "lies outside the folder of deploy.yaml"
    return ""


def _patterns(config: Config) -> Iterator[tuple[Field, str]]:
    """Every path that must name files of the user's now, with its field."""
    made = {name: command.outputs for name, command in config.stages.items()}
    yield from _of_model(config.model, ("model",), made)
    for name, member in config.models.items():
        yield from _of_model(member.model, ("models", name), made)
    if config.pipeline:
        yield ("pipeline",), config.pipeline
    for name, command in config.stages.items():
        yield from _unmade(("stages", name, "inputs"), command.inputs, _others(config.stages, name))
    for kinds, catalog, entries in (("targets", TARGETS, config.targets), ("tests", CHECKS, config.tests)):
        for name, entry in entries.items():
            for attribute in getattr(catalog.load(entry.kind), "FILES", ()):
                value = getattr(entry.options, attribute)
                one = isinstance(value, str)
                yield from _unmade((kinds, name, attribute), (value,) if one else value, made, one=one)
            for attribute, path in getattr(catalog.load(entry.kind), "named_files", _none)(entry.options).items():
                yield from _unmade((kinds, name, attribute), (path,), made, one=True)


def _of_model(model: Model, field: Field, made: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[Field, str]]:
    if model.train is None:
        yield from _unmade((*field, "path"), (model.path,) if model.path else (), made, one=True)
    else:
        yield from _unmade((*field, "train", "inputs"), model.train.inputs, made)
    yield from (((*field, "code", i), path) for i, path in enumerate(model.code))
    if model.sample:
        yield from _unmade((*field, "sample"), (model.sample.path,), made, one=True)


def _none(options: object) -> Mapping[str, str]:
    return {}


def _others(stages: Mapping[str, Command], name: str) -> dict[str, tuple[str, ...]]:
    return {other: command.outputs for other, command in stages.items() if other != name}


def _unmade(
    field: Field, patterns: tuple[object, ...], made: Mapping[str, tuple[str, ...]], *, one: bool = False
) -> Iterator[tuple[Field, str]]:
    for number, pattern in enumerate(patterns):
        # an item that is a mapping holds what a file would
        if isinstance(pattern, str) and any(isinstance(source, Files) for source in sources((pattern,), made).values()):
            yield (field if one else (*field, number)), pattern
