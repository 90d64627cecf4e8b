"""The project's Dockerfile: one for every builder, and one for BuildKit, which keeps what pip fetches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ...compiler.tree import Tree
from .names import Names
from .rendering import texts

SYSTEM = {"lightgbm": "libgomp1"}
"""Debian packages of the shared libraries that a distribution's wheel leaves to the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What lies below src/ beside the model: the service's package and the user's own modules."""

    modules: tuple[str, ...] = ()
    """Files."""
    packages: tuple[str, ...] = ()
    """Folders, but for the service's own."""
    folders: tuple[str, ...] = ("static",)
    """Folders in the service's own package, but for the model's."""
    models: tuple[str, ...] = ("",)
    """Where in it a model lies: packages with a / at their end, where there are several."""

    @classmethod
    def of(cls, project: Tree, package: str) -> Layout:
        """The layout of an assembled project."""
        paths = [PurePosixPath(entry.path) for entry in project.under("src")]
        own = [path.relative_to(package) for path in paths if path.parts[0] == package]
        models = {path.parts[0] for path in own if path.name == "build.json" and len(path.parts) > 1}
        return cls(
            modules=tuple(sorted(path.name for path in paths if len(path.parts) == 1)),
            packages=tuple(sorted({path.parts[0] for path in paths if len(path.parts) > 1} - {package})),
            folders=tuple(sorted({path.parts[0] for path in own if len(path.parts) > 1} - {"artifact", *models})),
            models=tuple(f"{name}/" for name in sorted(models)) or ("",),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What may differ from one image of a project to another."""

    base: str
    port: int
    workers: int | None = None
    """By default what the project itself says."""
    packages: tuple[str, ...] = ()
    """Debian packages that are added to the base."""
    indexes: tuple[str, ...] = ()
    """Addresses of package indexes beside the default one, without credentials."""
    labels: Mapping[str, str] = field(default_factory=dict)


def system_packages(distributions: Iterable[str]) -> tuple[str, ...]:
    """The Debian packages without which these distributions do not import."""
    return tuple(sorted({SYSTEM[name] for name in distributions if name in SYSTEM}))


def dockerfile(recipe: Recipe, layout: Layout, names: Names, *, buildkit: bool = False) -> str:
    """The text of a Dockerfile for the project's folder; other builders than BuildKit do not take one for it."""
    template = texts().get_template("Dockerfile.j2")
    return template.render(recipe=recipe, layout=layout, names=names, buildkit=buildkit)
