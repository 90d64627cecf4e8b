"""The generated project's code: templates, put through the passes with what is known of the model."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from ...compiler.cas import Cas
from ...compiler.codegen.bind import bind
from ...compiler.codegen.drop import drop
from ...compiler.codegen.fields import write_fields
from ...compiler.codegen.fill import Filling, fill
from ...compiler.codegen.finish import finish
from ...compiler.codegen.prune import prune_all
from ...compiler.codegen.source import definitions
from ...compiler.model_spec import ModelSpec, Output
from ...compiler.tree import Tree
from ...schema.config import Config
from .choices import Choices, choose
from .model_module import model_module, template
from .names import Names
from .texts import render

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
    "tabular",
    "invocations",
    "service",
    "docs",
)
SHARED = ("asgi", "processes")
"""Modules that frameworks share: each project has those that its framework uses."""
ROOTS = {"__main__": frozenset({"main"}), "app": frozenset({"create_app", "serve"}), "openapi": frozenset({"text"})}
LINE_LENGTH = 120


def generate(
    *,
    spec: ModelSpec,
    outputs: tuple[Output, ...],
    config: Config,
    cas: Cas,
    example: Mapping[str, object] | None = None,
) -> Tree:
    """The project without model, lock and OpenAPI document; UserError when the model cannot be served as asked."""
    names = Names.of(config.name)
    choices = choose(spec, outputs, config, example)
    code = {f"src/{names.package}/{name}.py": m.code for name, m in _package(config, choices, names).items()}
    code["tests/test_service.py"] = _tests(names)
    texts = dict(finish(code, line_length=LINE_LENGTH, python=config.python))
    texts |= render(names=names, config=config, spec=spec, choices=choices, line_length=LINE_LENGTH)
    texts[f"src/{names.package}/py.typed"] = ""
    return cas.put_texts(texts)


def _package(config: Config, choices: Choices, names: Names) -> Mapping[str, cst.Module]:
    modules = {name: template("template", name, ".") for name in (*MODULES, *SHARED)}
    modules["app"] = template("frameworks", config.serve.framework, ".")
    modules["model"] = model_module(choices.flavor, choices.model, choices.model_constants)
    variants = template("template", "variants", ".")
    modules["predictor"] = fill(modules["predictor"], Filling(source=variants, chosen=choices.answers))
    for struct, fields in choices.structs.items():
        modules["schema"] = write_fields(modules["schema"], struct, fields)
    modules = {name: bind(module, choices.constants.get(name, {})) for name, module in modules.items()}
    modules = {name: drop(module, choices.dropped) for name, module in modules.items()}
    # The project's own tests read these.
    used = {"info": frozenset({"METHODS"}), "openapi": frozenset({"EXAMPLE", "document", "text"})}
    pruned = prune_all(modules, ROOTS | used)
    return {name: module for name, module in pruned.items() if name not in SHARED or definitions(module.body)}


def _tests(names: Names) -> str:
    return bind(template("template", "checks", names.package), {"PACKAGE": names.package}).code
