"""The project's files that are not Python, from Jinja2 texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...compiler.model_spec import ModelSpec
from ...schema.config import Config
from . import scored
from .catalog import Framework, facts
from .choices import Choices
from .names import VERSION, Names
from .needs import requirements

HERE = Path(__file__).parent / "texts"
FILES = {
    "pyproject.toml": "pyproject.toml.j2",
    "README.md": "README.md.j2",
    "Dockerfile": "Dockerfile.j2",
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
    environment = Environment(
        loader=FileSystemLoader(HERE, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)
    values = {
        "names": names,
        "version": VERSION,
        "config": config,
        "spec": spec,
        "python": config.python,
        "methods": {m: SUMMARIES[m] for m in choices.methods},
        "requirements": [f"{r.name}{r.specifier}" for r in requirements(config, spec, framework)],
        "example": json.dumps(choices.constants["openapi"]["EXAMPLE"], ensure_ascii=False),
        # a column's name is no code: what it holds stays inside the quotes
        "literal": repr(json.dumps(choices.constants["openapi"]["EXAMPLE"], ensure_ascii=False)),
        "code": _code(config, choices),
        "untyped": _untyped(framework, spec, config),
        "line_length": line_length,
        "batch": scored.asked(config),
    }
    return {path: environment.get_template(template).render(values) for path, template in FILES.items()}


def _untyped(framework: Framework, spec: ModelSpec, config: Config) -> list[str]:
    """Libraries without types of their own: those that models need, the framework's, the flavor's or optimiser's."""
    kind, name = ("optimizers", spec.optimizer) if spec.optimizer else ("flavors", spec.flavor)
    found = facts(kind, name).get("UNTYPED", ())
    assert isinstance(found, tuple)
    return sorted({"joblib.*", "pandas.*", "skops.*", *framework.untyped, *found, *scored.untyped(config)})


def _code(config: Config, choices: Choices) -> Mapping[str, list[str]]:
    """The user's own modules by kind: files and folders that lie beside the package."""
    names = {PurePosixPath(path).name for path in config.model.code}
    names |= {path.partition("/")[0] for path in (choices.hooks.files if choices.hooks else ())}
    modules = sorted(name.removesuffix(".py") for name in names if name.endswith(".py"))
    return {"modules": modules, "packages": sorted(name for name in names if not name.endswith(".py"))}
