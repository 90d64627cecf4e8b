"""The project's files that are not Python, from Jinja2 texts."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from ...compiler.model_spec import ModelSpec
from ...schema.config import Config
from .. import images
from . import scored
from .catalog import Framework, facts
from .choices import Choices
from .dockerfile import Layout, Recipe, dockerfile, system_packages
from .names import VERSION, Names
from .needs import requirements
from .rendering import texts

FILES = {
    "pyproject.toml": "pyproject.toml.j2",
    "README.md": "README.md.j2",
    ".dockerignore": "dockerignore.j2",
}
SUMMARIES = {
    "predict": "what the model predicts",
    "predict_proba": "the probability of each class",
    "decision_function": "the model's scores",
    "transform": "what the model makes of its input",
}


def render(
    *, names: Names, config: Config, spec: ModelSpec, framework: Framework, choices: Choices, line_length: int
) -> dict[str, str]:
    """The files by path."""
    environment, layout = texts(), _layout(config, choices)
    required = requirements(config, spec, framework)
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)
    values = {
        "names": names,
        "version": VERSION,
        "config": config,
        "spec": spec,
        "python": config.python,
        "methods": {m: SUMMARIES[m] for m in choices.methods},
        "requirements": [f"{r.name}{r.specifier}" for r in required],
        "example": json.dumps(choices.constants["openapi"]["EXAMPLE"], ensure_ascii=False),
        # a column's name is no code: what it holds stays inside the quotes
        "literal": repr(json.dumps(choices.constants["openapi"]["EXAMPLE"], ensure_ascii=False)),
        "code": {"modules": [name.removesuffix(".py") for name in layout.modules], "packages": layout.packages},
        "untyped": _untyped(framework, spec, config),
        "line_length": line_length,
        "batch": scored.asked(config),
    }
    found = {path: environment.get_template(template).render(values) for path, template in FILES.items()}
    recipe = Recipe(
        base=images.default_base(config.python),
        port=config.serve.port,
        packages=system_packages(r.name for r in required),
        indexes=tuple(index.url for index in config.lock.indexes.values()),
    )
    return {**found, "Dockerfile": dockerfile(recipe, layout, names)}


def _untyped(framework: Framework, spec: ModelSpec, config: Config) -> list[str]:
    """Libraries without types of their own: those that models need, the framework's, the flavor's or optimiser's."""
    kind, name = ("optimizers", spec.optimizer) if spec.optimizer else ("flavors", spec.flavor)
    found = facts(kind, name).get("UNTYPED", ())
    assert isinstance(found, tuple)
    return sorted({"joblib.*", "pandas.*", "skops.*", *framework.untyped, *found, *scored.untyped(config)})


def _layout(config: Config, choices: Choices) -> Layout:
    """Where the user's own modules lie beside the package."""
    names = {PurePosixPath(path).name for path in config.model.code}
    names |= {path.partition("/")[0] for path in (choices.hooks.files if choices.hooks else ())}
    modules = sorted(name for name in names if name.endswith(".py"))
    return Layout(modules=tuple(modules), packages=tuple(sorted(names.difference(modules))))
