"""The catalogs: which targets, tests, frameworks, flavors and optimisers there are."""

from __future__ import annotations

from types import ModuleType
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
        "targets": {name: _options(TARGETS.load(name)) for name in TARGETS.names()},
        "tests": {name: _options(CHECKS.load(name)) for name in CHECKS.names()},
        "frameworks": dict.fromkeys(FRAMEWORKS.names()),
        "optimizers": dict.fromkeys(("auto", "off", *OPTIMIZERS.names())),
    }


def _options(module: ModuleType) -> type:
    return cast(type, module.Options)
