"""The code of a service with several models: what they share, and a package below it for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import libcst as cst

from ...compiler.cas import Cas
from ...compiler.codegen.bind import bind
from ...compiler.codegen.borrow import borrow
from ...compiler.codegen.drop import drop
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.lift import lift
from ...compiler.codegen.prune import prune_all
from ...compiler.codegen.redirect import redirect
from ...compiler.codegen.relocate import Move, relocate
from ...compiler.codegen.source import definitions, imports, parse
from ...compiler.codegen.tabulate import tabulate
from ...compiler.model_spec import Column, Requirement
from ...compiler.tree import Tree
from ...schema.config import Config, Serve
from ..several import placed
from . import feeding, hooking, imaged, pages, payload_log, redacted, spelled
from .catalog import HERE, Framework
from .choices import Choices, choose, settings_constants
from .closed import listed
from .features import left_out
from .generation import MODULES, ROOTS, SHARED, beside, face, finished, served_model, settle, without
from .model_module import template
from .names import VERSION, Names, package_of
from .needs import requirements
from .part import Part
from .texts import render_several

FOLDER = "several"
FRONT = ("service", "predictor", "openapi", "about", "index")
"""Modules that stand around the models, by the names that those of a single model have where a face imports them."""
RECORDING = "recording"
"""The one of them that only a payload log needs."""
FED = "fed"
"""The module of a model that takes what others answer."""
OTHERS = "others"
"""The module that asks such a model, and those others, where there is no service."""
UNSERVED = "unserved"
"""The module in which others ask a model where there is no service."""
PART = ("part", "narrowed", "feeding", FED, OTHERS, UNSERVED)
"""Modules that each model has besides its own."""
UNFED = frozenset({"feed", "feed_now", "feeders"})
"""What goes where no model takes what another one answers."""
COMMON = frozenset(
    {
        *("__main__", "asgi", "batches", "connections", "counts", "deadlines", "describing", "ending", "exchange"),
        *("express", "heads", "keys", "logs", "metrics", "origins", "pages", "problems", "processes", "queued"),
        *("redacting", "resuming", "settings", "shortcut", "spelling", "threads", "tracing", "web"),
    }
)
"""Modules that all models share, since nothing of a model is in them."""
TYPES = frozenset({"Compiled", "Info", "Model"})
"""Of the module that says what a model is: its types are shared, its values are not."""
WHOLE = frozenset({"tracing", "Tracing", "shown", "counted_as"})
"""What the service of a single model does that is done once for all of them."""
PACKAGE = '"""The models behind the service, each in a package of its own."""\n'
ANY_ROW = {(".schema", "Row"): ("msgspec", "Struct")}
"""Of rows the shared modules know nothing more."""
ASKED_WITH_OTHERS = {(".scoring", "asking"): (f".{OTHERS}", "asking")}
"""Where a model that takes answers of others is asked from."""
NARROWED = {
    (".schema", "Features"): ("msgspec", "Struct"),
    (".predictor", "ask"): (".narrowed", "ask"),
    (".categories", "unknown_category"): (".narrowed", "unknown_category"),
}
"""What a model's own code takes its rows from."""


def compose(parts: Mapping[str, Part], config: Config, framework: Framework, cas: Cas) -> Tree:
    """The project without models, lock and OpenAPI document; UserError when one of them cannot be served as asked."""
    names = Names.of(config.name)
    chosen = _choices(parts, config, framework)
    packages = {name: package_of(name) for name in parts}
    unfed = frozenset() if any(part.feeds for part in parts.values()) else UNFED
    asked = {feed.model for part in parts.values() for feed in part.feeds.values()}
    own = {
        name: _part(
            chosen[name], unfed, {feed.model: packages[feed.model] for feed in part.feeds.values()}, name in asked
        )
        for name, part in parts.items()
    }
    columns = [column for part in parts.values() for column in part.spec.inputs]
    around = _around(framework, config, packages, columns, own, unfed)
    root = f"src/{names.package}"
    code = {f"{root}/{name}.py": module.code for name, module in around.items()}
    for name, modules in own.items():
        code |= {f"{root}/{packages[name]}/{module}.py": found.code for module, found in modules.items()}
    code["tests/test_service.py"] = bind(_several("checks", names.package), {"PACKAGE": names.package}).code
    texts = dict(finished(code, config, own=framework.own, beside=beside(part.hooks for part in parts.values())))
    needs = _needs(parts, config, framework)
    told = {packages[name]: (part.spec, part.config, chosen[name]) for name, part in parts.items()}
    texts |= render_several(names=names, config=config, parts=told, framework=framework, needs=needs)
    texts |= {f"{root}/py.typed": ""}
    texts |= {f"{root}/static/{name}": text for name, text in pages.texts(config).items()}
    return cas.put_texts(texts)


def _needs(parts: Mapping[str, Part], config: Config, framework: Framework) -> tuple[Requirement, ...]:
    """What all of them need to be installed, each once."""
    deploys = [(replace(part.config, targets=config.targets), part.spec) for part in parts.values()]
    each = [need for deploy, spec in deploys for need in requirements(deploy, spec, framework)]
    found = {f"{need.name}{need.specifier}": need for need in each}
    return tuple(found[line] for line in sorted(found))


def alone(serve: Serve) -> Serve:
    """What is said of one of several models: what belongs to a whole service is the front's."""
    return replace(serve, cors=(), payload_log=None)


def _choices(parts: Mapping[str, Part], config: Config, framework: Framework) -> Mapping[str, Choices]:
    """What the templates of each model take, in the models' order."""
    found: dict[str, Choices] = {}
    columns: dict[str, Sequence[Column]] = {}
    for name in feeding.ordered(parts):
        part = parts[name]
        with placed(name):
            asked = feeding.asked(part, parts, columns) if part.feeds else None
            columns[name] = asked or listed(part.spec.inputs, part.closed or {})
            found[name] = _chosen(name, part, config, framework, asked)
        if part.feeds:
            found[name] = _fed(part, found[name], [found[feed.model] for feed in part.feeds.values()])
    return {name: found[name] for name in parts}


def _chosen(name: str, part: Part, config: Config, framework: Framework, asked: Sequence[Column] | None) -> Choices:
    # Its package lies in the service's own, so that its name hides nothing.
    deploy = replace(part.config, name=config.name, serve=alone(part.config.serve), targets=config.targets)
    found = choose(part.spec, part.outputs, deploy, framework, part.example, part.hooks, part.closed, asked)
    command = {"COMMAND": Names.of(config.name).score_of(name)}
    renamed = {**found.constants, "info": {**found.constants["info"], "NAME": name}, "score": command}
    return replace(found, constants=renamed)


def _fed(part: Part, choices: Choices, others: Sequence[Choices]) -> Choices:
    """The same for a model that takes what these others answer."""
    openapi, *shown = (each.constants["openapi"] for each in (choices, *others))
    row = feeding.example(part, _mapping(openapi["EXAMPLE"]), [_mapping(each["EXAMPLE"]) for each in shown])
    feeds = {column: (feed.model, feed.method, feed.label) for column, feed in part.feeds.items()}
    fed: dict[str, Mapping[str, object]] = {"openapi": {**openapi, "EXAMPLE": row}, FED: {"FEEDS": feeds}}
    return replace(choices, constants={**choices.constants, **fed})


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, dict)
    return value


def _part(choices: Choices, unfed: frozenset[str], others: Mapping[str, str], asked: bool) -> Mapping[str, cst.Module]:
    """One model's package. `others` are those of models whose answers it takes; `asked`: whether one takes its own."""
    other = choices.dropped | COMMON
    wanted = [name for name in (*MODULES, *SHARED) if name not in other]
    modules = {name: without(template("template", name, "."), choices.left_out) for name in wanted}
    modules |= {name: without(_several(name, "."), choices.left_out | unfed) for name in PART}
    modules["service"] = without(modules["service"], WHOLE)
    modules["model"] = served_model(choices)
    variants = template("template", "variants", ".")
    modules["predictor"] = fill(modules["predictor"], Filling(source=variants, chosen=choices.answers))
    if choices.takes_images:
        modules = imaged.around(modules, template("template", "image_variants", "."))
    if choices.hooks:
        modules |= {name: template("template", name, ".") for name in hooking.MODULES}
        around = template("template", "hook_variants", ".")
        modules = dict(hooking.around(modules, around, choices.hooks, waits=choices.waits))
    modules = _taking(modules, others) if others else modules
    modules = dict(settle(modules, choices))
    modules["service"] = redirect(modules["service"], ANY_ROW | NARROWED)
    modules |= {name: redirect(modules[name], ANY_ROW) for name in (FED, *hooking.MODULES) if name in modules}
    modules["info"] = borrow(modules["info"], TYPES, "..info")
    lifted = {name: lift(module, COMMON) for name, module in modules.items()}
    lifted["part"] = redirect(lifted["part"], {(".info", "Info"): ("..info", "Info")})
    roots = {**ROOTS, "part": frozenset({"Part"}), "openapi": frozenset({"document"})}
    pruned = prune_all(lifted, {**roots, UNSERVED: frozenset({"feeding"} if asked else ())})
    return {name: module for name, module in pruned.items() if definitions(module.body)}


def _taking(modules: Mapping[str, cst.Module], others: Mapping[str, str]) -> dict[str, cst.Module]:
    """The modules of a model that takes what those in these packages answer."""
    made = {name: redirect(module, ASKED_WITH_OTHERS) for name, module in hooking.apart(modules).items()}
    made["part"] = redirect(made["part"], {(".service", "Service"): (f".{FED}", "FedService")})
    return made | {OTHERS: tabulate(made[OTHERS], "OTHERS", "feeding", others, "..")}


def _around(
    framework: Framework,
    config: Config,
    packages: Mapping[str, str],
    columns: list[Column],
    own: Mapping[str, Mapping[str, cst.Module]],
    unfed: frozenset[str],
) -> Mapping[str, cst.Module]:
    """What stands around the models' packages."""
    known = redacted.constants(columns)
    hiding = frozenset() if known else redacted.UNREDACTED
    hiding |= frozenset() if spelled.odd(columns) else spelled.UNSPELLED
    logged = payload_log.MODULES if config.serve.payload_log else ()
    modules = {name: template("template", name, ".") for name in (*COMMON, "info", *logged)}
    modules |= {name: _several(name, ".") for name in (*FRONT, *({RECORDING} & {*logged}))}
    modules |= {name: face(text, own=framework.own) for name, text in framework.modules.items()}
    modules = {name: without(module, left_out(config.serve) | hiding | unfed) for name, module in modules.items()}
    modules = payload_log.around(modules) if logged else modules
    unspoken = _unspoken(config, own)
    modules = {name: redirect(drop(module, unspoken), ANY_ROW) for name, module in modules.items()}
    for name, values in {**_constants(config, columns), **known}.items():
        modules[name] = bind(modules[name], values)
    modules["predictor"] = tabulate(modules["predictor"], "PARTS", "Part", packages)
    modules["openapi"] = tabulate(modules["openapi"], "DOCUMENTS", "model_document", packages)
    pruned = prune_all(modules, _roots(own))
    optional = (*COMMON, *FRONT, *logged)
    kept = {name: module for name, module in pruned.items() if name not in optional or definitions(module.body)}
    return {"__init__": parse(PACKAGE), **kept}


def _unspoken(config: Config, own: Mapping[str, Mapping[str, cst.Module]]) -> frozenset[str]:
    """What the front has of protocols that no model speaks, and of pages that deploy.yaml does not ask for."""
    v2 = frozenset({"v2_pages"} if not any("v2" in modules for modules in own.values()) else ())
    return v2 | frozenset({"index", "shortened"} if not config.serve.page else ())


def _constants(config: Config, columns: list[Column]) -> Mapping[str, Mapping[str, object]]:
    logged = payload_log.constants(config, tuple(columns))
    return {
        **({"origins": {"ORIGINS": config.serve.cors}} if config.serve.cors else {}),
        "settings": settings_constants(config.serve, Names.of(config.name)) | logged.pop("settings"),
        **logged,
        "info": {"NAME": config.name},
        "openapi": {"VERSION": VERSION},
        "pages": {"FILES": pages.files(config)},
    }


def _roots(own: Mapping[str, Mapping[str, cst.Module]]) -> Mapping[str, frozenset[str]]:
    """What has to stay of the front: what starts it, what its tests read, and what the models' packages import."""
    found: dict[str, frozenset[str]] = {**ROOTS, "openapi": frozenset({"document", "text"})}
    for module in (module for modules in own.values() for module in modules.values()):
        for each in imports(module):
            name = each.module.removeprefix("..")
            # a package is another model's
            if each.module.startswith("..") and "." not in name:
                found[name] = found.get(name, frozenset()) | {each.name}
    return found


def _several(name: str, target: str) -> cst.Module:
    """A module of the templates for several models, its imports leading to `target`."""
    text = (HERE / FOLDER / f"{name}.py").read_text(encoding="utf-8")
    return relocate(parse(text), Move(package=(FOLDER,), source=("template",), target=target, beside=True))
