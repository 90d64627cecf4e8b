"""The project's files that are not Python, from Jinja2 texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import ModelSpec, Requirement
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
LINE_LENGTH = 120
SUMMARIES = {
    "predict": "what the model predicts",
    "predict_proba": "the probability of each class",
    "decision_function": "the model's scores",
    "transform": "what the model makes of its input",
}


def render(*, names: Names, config: Config, spec: ModelSpec, framework: Framework, choices: Choices) -> dict[str, str]:
    """The files by path."""
    layout = _layout([config], [choices.hooks])
    required = requirements(config, spec, framework)
    values = {
        **_common(names, config, required, layout),
        "description": f"A service of the model {spec.class_name}",
        "scores": {names.score: names.package},
        "models": [],
        "spec": spec,
        "methods": {m: SUMMARIES[m] for m in choices.methods},
        "example": json.dumps(choices.constants["openapi"]["EXAMPLE"], ensure_ascii=False),
        # a column's name is no code: what it holds stays inside the quotes
        "literal": repr(json.dumps(choices.constants["openapi"]["EXAMPLE"], ensure_ascii=False)),
        "untyped": _untyped(framework, [spec], config),
        "batch": scored.asked(config),
    }
    return _rendered(FILES, values) | {"Dockerfile": _dockerfile(names, config, required, layout)}


def render_several(
    *,
    names: Names,
    config: Config,
    parts: Mapping[str, tuple[ModelSpec, Config, Choices]],
    framework: Framework,
    needs: Sequence[Requirement],
) -> dict[str, str]:
    """The files of a service with several models, by path; `parts` are these by the package of each."""
    layout = _layout([each for _, each, _ in parts.values()], [choices.hooks for *_, choices in parts.values()])
    layout = replace(layout, models=tuple(f"{package}/" for package in parts))
    told = [_part(package, choices) for package, (_, _, choices) in parts.items()]
    values = {
        **_common(names, config, needs, layout),
        "description": f"A service of {len(parts)} models",
        "scores": {part["score"]: f"{names.package}.{part['package']}" for part in told if part["score"]},
        "models": list(parts),
        "parts": told,
        "batch": scored.asked(config),
        "untyped": _untyped(framework, [spec for spec, _, _ in parts.values()], config),
    }
    files = {**FILES, "README.md": "README-several.md.j2"}
    return _rendered(files, values) | {"Dockerfile": _dockerfile(names, config, needs, layout)}


def _part(package: str, choices: Choices) -> Mapping[str, object]:
    """What the README says of one of several models."""
    example = choices.constants["openapi"]["EXAMPLE"]
    return {
        "name": choices.constants["info"]["NAME"],
        "package": package,
        "score": choices.constants.get("score", {}).get("COMMAND", ""),
        "class_name": choices.constants["info"]["MODEL_CLASS"],
        "methods": {m: SUMMARIES[m] for m in choices.methods},
        "example": json.dumps(example, ensure_ascii=False) if example else "",
    }


def _common(names: Names, config: Config, needs: Sequence[Requirement], layout: Layout) -> dict[str, object]:
    return {
        "names": names,
        "version": VERSION,
        "config": config,
        "python": config.python,
        "requirements": [f"{r.name}{r.specifier}" for r in needs],
        "code": {"modules": [name.removesuffix(".py") for name in layout.modules], "packages": layout.packages},
        "line_length": LINE_LENGTH,
    }


def _rendered(files: Mapping[str, str], values: Mapping[str, object]) -> dict[str, str]:
    environment = texts()
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)
    return {path: environment.get_template(template).render(values) for path, template in files.items()}


def _dockerfile(names: Names, config: Config, needs: Sequence[Requirement], layout: Layout) -> str:
    recipe = Recipe(
        base=images.default_base(config.python),
        port=config.serve.port,
        packages=system_packages(r.name for r in needs),
        indexes=tuple(index.url for index in config.lock.indexes.values()),
    )
    return dockerfile(recipe, layout, names)


def _untyped(framework: Framework, specs: Sequence[ModelSpec], config: Config) -> list[str]:
    """Libraries without types of their own: those that models need, the framework's, the flavors' or optimisers'."""
    found = {name for spec in specs for name in _untyped_of(spec)}
    return sorted({"joblib.*", "pandas.*", "skops.*", *framework.untyped, *found, *scored.untyped(config)})


def _untyped_of(spec: ModelSpec) -> tuple[str, ...]:
    kind, name = ("optimizers", spec.optimizer) if spec.optimizer else ("flavors", spec.flavor)
    found = facts(kind, name).get("UNTYPED", ())
    assert isinstance(found, tuple)
    return found


def _layout(configs: Sequence[Config], hooks: Sequence[Hooks | None]) -> Layout:
    """Where the user's own modules lie beside the package."""
    names = {PurePosixPath(path).name for config in configs for path in config.model.code}
    names |= {path.partition("/")[0] for each in hooks if each for path in each.files}
    modules = sorted(name for name in names if name.endswith(".py"))
    return Layout(modules=tuple(modules), packages=tuple(sorted(names.difference(modules))))
