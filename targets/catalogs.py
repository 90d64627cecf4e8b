"""The catalogs: which targets, tests, frameworks, flavors and optimisers there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from .. import targets
from ..compiler.catalog import Catalog
from ..schema.shapes import Catalogs
from . import checks
from .project import flavors, frameworks, optimizers

SHARED = frozenset({"catalogs", "check", "checks", "combining", "deployment", "engine", "environments", "graph"})
SHARED |= frozenset({"hooks", "images", "modelling", "optimizing", "proving", "publishing", "registry", "replaying"})
SHARED |= frozenset({"overlaying", "serving", "several", "tarball"})
"""Modules of this folder that are no targets."""

BEHIND = frozenset({"behind", "booted", "chained", "contained", "pictures", "places", "reference", "trained"})
"""Modules of checks/ that are no checks."""

TARGETS = Catalog(targets, "deployc.targets", SHARED)
CHECKS = Catalog(checks, "deployc.tests", BEHIND)
FRAMEWORKS = Catalog(frameworks, "deployc.frameworks")
FLAVORS = Catalog(flavors, "deployc.flavor_templates")
OPTIMIZERS = Catalog(optimizers, "deployc.optimizers")

BY_NAME = {
    "targets": TARGETS,
    "tests": CHECKS,
    "frameworks": FRAMEWORKS,
    "flavors": FLAVORS,
    "optimizers": OPTIMIZERS,
}


def catalogs() -> Catalogs:
    """What a config may choose from: kinds with their options, and plain names."""
    return {
        "targets": _Kinds(TARGETS),
        "tests": _Kinds(CHECKS),
        "frameworks": dict.fromkeys(FRAMEWORKS.names()),
        "optimizers": dict.fromkeys(("auto", "off", *OPTIMIZERS.names())),
    }


class _Kinds(Mapping[str, type]):
    """The options of each entry of a catalog, which is imported only when it is asked for them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._names = catalog.names()

    def __getitem__(self, name: str) -> type:
        if name not in self._names:
            raise KeyError(name)
        return cast(type, self._catalog.load(name).Options)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
