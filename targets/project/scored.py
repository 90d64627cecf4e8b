"""What a project has to score files, and what of that only a `batch` target asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from ...schema.config import Config
from ...schema.constraints import Doc

MODULES = ("reading", "scoring", "writing", "resuming", "job", "score")
"""Modules of the template that score files; every project has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What deploy.yaml may say below `targets: {batch: ...}`."""

    parquet: Annotated[bool, Doc("Read and write Parquet as well, for which the project needs pyarrow.")] = False
    spark: Annotated[bool, Doc("A module `spark` with the model as a pandas UDF; pyspark is yours.")] = False
    dask: Annotated[bool, Doc("A module `dask` that scores a Dask DataFrame; dask is yours.")] = False


NAMES: Mapping[str, frozenset[str]] = {
    "parquet": frozenset({"parquet", "ParquetReader", "ParquetWriter"}),
    "pyfunc": frozenset({"pyfunc"}),
    "frames": frozenset({"frames"}),
    "spark": frozenset({"spark"}),
    "dask": frozenset({"dask"}),
}
"""What goes where nothing asks for it: a module of that name, and what others have of it."""
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "parquet": ("pyarrow>=14",),
    "frames": ("pandas>=1.5", "pyarrow>=14"),
}
UNTYPED: Mapping[str, tuple[str, ...]] = {
    "parquet": ("pyarrow.*",),
    "spark": ("pyspark.*",),
    "dask": ("dask.*",),
}


def asked(config: Config) -> frozenset[str]:
    """The names of what a target asks for: all targets have one project."""
    found = [entry.options for entry in config.targets.values() if isinstance(entry.options, Options)]
    wanted = {name for name in ("parquet", "spark", "dask") if any(getattr(options, name) for options in found)}
    wanted |= {"frames"} if wanted & {"spark", "dask"} else set()
    wanted |= {"pyfunc"} if any(entry.kind == "mlflow" for entry in config.targets.values()) else set()
    return frozenset(wanted)


def unwanted(config: Config) -> frozenset[str]:
    """The names of what no target asks for."""
    return frozenset().union(*(names for name, names in NAMES.items() if name not in asked(config)))


def requirements(config: Config) -> list[tuple[str, str]]:
    """What has to be installed for it, each with its reason."""
    return [
        (line, f"a batch target has `{name}`") for name in sorted(asked(config)) for line in REQUIREMENTS.get(name, ())
    ]


def untyped(config: Config) -> frozenset[str]:
    """Libraries without types of their own, as mypy's patterns of modules."""
    return frozenset(pattern for name in asked(config) for pattern in UNTYPED.get(name, ()))
