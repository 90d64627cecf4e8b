"""What a project has to score files, and what of that only a `batch` target asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...schema.config import Config

MODULES = ("reading", "scoring", "writing", "resuming", "job", "score")
"""Modules of the template that score files; every project has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What deploy.yaml may say below `targets: {batch: ...}`."""

    parquet: bool = False
    """Read and write Parquet, which needs pyarrow."""


NAMES: Mapping[str, frozenset[str]] = {"parquet": frozenset({"parquet", "ParquetReader", "ParquetWriter"})}
"""What goes where an option is not set: a module of the option's name, and what others have of it."""
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {"parquet": ("pyarrow>=14",)}
UNTYPED: Mapping[str, tuple[str, ...]] = {"parquet": ("pyarrow.*",)}


def asked(config: Config) -> frozenset[str]:
    """The options that a target sets: all targets have one project."""
    found = [entry.options for entry in config.targets.values()]
    return frozenset(
        name for options in found if isinstance(options, Options) for name in NAMES if getattr(options, name)
    )


def unwanted(config: Config) -> frozenset[str]:
    """The names of what no target asks for."""
    return frozenset().union(*(names for name, names in NAMES.items() if name not in asked(config)))


def requirements(config: Config) -> list[tuple[str, str]]:
    """What has to be installed for it, each with its reason."""
    return [(line, f"a batch target has `{name}`") for name in sorted(asked(config)) for line in REQUIREMENTS[name]]


def untyped(config: Config) -> frozenset[str]:
    """Libraries without types of their own, as mypy's patterns of modules."""
    return frozenset(pattern for name in asked(config) for pattern in UNTYPED[name])
