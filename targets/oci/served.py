"""The models that an image serves, and where each of them lies."""

from __future__ import annotations

from dataclasses import dataclass

from ...compiler.node import Input
from ..deployment import Deployment
from ..project import package_of
from ..several import input_of, members


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A model as it is shipped."""

    name: str
    """Empty where it is the only one."""
    package: str
    """The package that it lies in, with / between its parts."""
    files: Input


def served(deployment: Deployment) -> tuple[Served, ...]:
    """All models of a service."""
    package = deployment.package
    if not deployment.config.models:
        return (Served(name="", package=package, files=deployment.served_model),)
    return tuple(
        Served(name=name, package=f"{package}/{package_of(name)}", files=input_of(alone.served_model, name))
        for name, alone in members(deployment).items()
    )
