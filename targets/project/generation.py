"""The generated project's code: templates, put through the passes with what is known of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from ...compiler.cas import Cas
from ...compiler.codegen.bind import bind
from ...compiler.codegen.cut import cut
from ...compiler.codegen.drop import drop
from ...compiler.codegen.fields import without_keyword, write_fields
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.finish import finish
from ...compiler.codegen.prune import prune_all
from ...compiler.codegen.relocate import Move, relocate
from ...compiler.codegen.source import definitions, parse
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import ModelSpec, Output
from ...compiler.tree import Tree
from ...schema.config import Config
from ...schema.diagnostics import fail
from . import hooking, imaged, pages, payload_log, scored
from .catalog import APP, Framework, chosen
from .choices import Choices, choose
from .closed import Closed
from .contract import FIELD, TEMPLATE
from .model_module import UNREAD, bind_model, compiled_module, model_module, template
from .names import Names
from .texts import LINE_LENGTH, render

MODULES = (
    "__init__",
    "__main__",
    "schema",
    "problems",
    "predictor",
    "model",
    "settings",
    "logs",
    "info",
    "openapi",
    "web",
    "exchange",
    "typed",
    "describing",
    "service",
    "pages",
    "queued",
    "batches",
    "threads",
    *scored.MODULES,
)
SHARED = (
    *("invocations", "v2", "params", "tabular", "tensors"),
    *(
        "asgi",
        "categories",
        "connections",
        "counts",
        "deadlines",
        "ending",
        "express",
        "forms",
        "heads",
        "images",
        "keys",
        "metrics",
        "origins",
        "pixels",
        "processes",
        "redacting",
        "report",
        "shortcut",
        "spelling",
        "sums",
        "words",
    ),
    "tracing",
    *scored.NAMES,
)
"""Modules that a project has where it uses them."""
ROOTS = {
    "__main__": frozenset({"main"}),
    "app": frozenset({"create_app", "serve"}),
    "openapi": frozenset({"text"}),
    "score": frozenset({"main"}),
    "pyfunc": frozenset({"_load_pyfunc"}),
    "spark": frozenset({"udf"}),
    "dask": frozenset({"scored"}),
}
SAID = frozenset({"REQUIREMENTS", "UNTYPED"})
"""What a framework's file says to deployc alone."""
FACED = frozenset({"preflight"})
"""What a framework's face mentions of what may be left out."""
BARE = "asgi"
"""The framework that adds nothing to what it is asked about."""


def generate(
    *,
    spec: ModelSpec,
    outputs: tuple[Output, ...],
    config: Config,
    framework: Framework,
    cas: Cas,
    example: Mapping[str, object] | None = None,
    hooks: Hooks | None = None,
    closed: Closed | None = None,
) -> Tree:
    """The project without model, lock and OpenAPI document; UserError when the model cannot be served as asked."""
    names = Names.of(config.name)
    choices = choose(spec, outputs, config, framework, example, hooks, closed or {})
    code = {f"src/{names.package}/{name}.py": m.code for name, m in _package(framework, choices).items()}
    code["tests/test_service.py"] = _tests(names)
    texts = dict(finished(code, config, own=framework.own, beside=beside([hooks])))
    texts |= render(names=names, config=config, spec=spec, framework=framework, choices=choices)
    texts[f"src/{names.package}/py.typed"] = ""
    texts |= {f"src/{names.package}/static/{name}": text for name, text in pages.texts(config).items()}
    return cas.put_texts(texts)


def boundary(spec: ModelSpec, outputs: tuple[Output, ...], config: Config) -> Mapping[str, str]:
    """What stands between typed rows and the model, by file name: the project's own modules, but for their layout."""
    # Who asks the model itself gives it arrays.
    spec = replace(spec, inputs=tuple(replace(column, image=None) for column in spec.inputs))
    choices = choose(spec, outputs, config, chosen(BARE), None)
    modules = {name: template("template", name, ".") for name in ("schema", "problems", "sums", "words")}
    settled = settle({**modules, "model": served_model(choices)}, choices)
    pruned = prune_all(settled, {"model": frozenset({"Model", "load"}), "schema": frozenset({"Row"})})
    return {f"{name}.py": module.code for name, module in pruned.items()}


def beside(hooks: Iterable[Hooks | None]) -> list[str]:
    """Packages and modules of the user's own beside the generated one."""
    return sorted({path.partition("/")[0].removesuffix(".py") for each in hooks if each for path in each.files})


def finished(code: Mapping[str, str], config: Config, *, own: bool, beside: Sequence[str]) -> Mapping[str, str]:
    try:
        return finish(code, line_length=LINE_LENGTH, python=config.python, beside=beside)
    except ValueError as error:
        if not own:
            raise
        text = f"what the template {config.serve.framework} makes does not hold together"
        raise fail("template-contract", text, field=FIELD, notes=[str(error)]) from None


def _package(framework: Framework, choices: Choices) -> Mapping[str, cst.Module]:
    wanted = [name for name in (*MODULES, *SHARED) if name not in choices.dropped]
    modules = {name: template("template", name, ".") for name in wanted}
    modules |= {name: face(text, own=framework.own) for name, text in framework.modules.items()}
    # Before anything of the model's is in them: its columns may have any name.
    own = framework.modules if framework.own else ()
    for name, module in modules.items():
        modules[name] = cut(module, choices.left_out & FACED) if name in own else without(module, choices.left_out)
    modules["model"] = served_model(choices)
    variants = template("template", "variants", ".")
    modules["predictor"] = fill(modules["predictor"], Filling(source=variants, chosen=choices.answers))
    if choices.takes_images:
        modules = imaged.around(modules, template("template", "image_variants", "."))
    if choices.hooks:
        modules |= {name: template("template", name, ".") for name in hooking.MODULES}
        around = template("template", "hook_variants", ".")
        modules = dict(hooking.around(modules, around, choices.hooks, waits=choices.waits))
    if choices.logs_payloads:
        modules |= {name: without(template("template", name, "."), choices.left_out) for name in payload_log.MODULES}
        modules = payload_log.around(modules)
    modules = dict(settle(modules, choices))
    # Of a user's own no definition is taken out: a decorator may register what nothing names.
    # The project's own tests read these.
    used = {"info": frozenset({"METHODS"}), "openapi": frozenset({"EXAMPLE", "document", "text"})}
    kept = {name: frozenset(definitions(module.body)) - SAID for name, module in modules.items() if name in own}
    pruned = prune_all(modules, ROOTS | used | kept)
    optional = (*SHARED, *hooking.MODULES, *payload_log.MODULES)
    return {name: module for name, module in pruned.items() if name not in optional or definitions(module.body)}


def settle(modules: Mapping[str, cst.Module], choices: Choices) -> Mapping[str, cst.Module]:
    """The modules with the model's types and constants in them, and without the methods that it has not."""
    # Before the model's own words are in: a column may be called as a method is.
    left = {name: drop(module, choices.dropped) for name, module in modules.items()}
    for struct, fields in choices.structs.items():
        left["schema"] = write_fields(left["schema"], struct, fields)
    if choices.open:
        left["schema"] = without_keyword(left["schema"], "Row", "forbid_unknown_fields")
    bound = {name: bind(module, choices.constants.get(name, {})) for name, module in left.items()}
    return bound if choices.optimizer else {**bound, "model": bind_model(bound["model"], choices.model_constants)}


def served_model(choices: Choices) -> cst.Module:
    if choices.optimizer:
        compiled = compiled_module(choices.optimizer)
        return compiled if choices.reads_words else without(compiled, UNREAD)
    return model_module(choices.flavor, choices.model)


def without(module: cst.Module, names: frozenset[str]) -> cst.Module:
    # What an entry of a table uses goes first, so that the table stays.
    return cut(drop(module, names), names)


def _tests(names: Names) -> str:
    return bind(template("template", "checks", names.package), {"PACKAGE": names.package}).code


def template_source(framework: str) -> str:
    """A framework's file, with what it imports of the templates by its full name."""
    move = Move(package=("frameworks",), source=("template",), target=TEMPLATE)
    moved = relocate(parse(chosen(framework).modules[APP]), move)
    return finish({"app.py": moved.code}, line_length=LINE_LENGTH, python="3.10")["app.py"]


def face(text: str, *, own: bool) -> cst.Module:
    """A module of a framework, which imports of the templates, and a user's own also what stands beside it."""
    package, source = (("own",), ("own",)) if own else (("frameworks",), ("template",))
    return relocate(parse(text), Move(package=package, source=source, target=".", full=TEMPLATE))
