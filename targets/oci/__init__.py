"""The `oci` target: a container image as an OCI layout, made without a daemon, with the same bytes everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.node import AnyNode
from ..deployment import Deployment
from .making import Making
from .options import Options

__all__ = ["Options", "named_files", "nodes", "provenance"]


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """For each platform what its base has and its libraries; the model's layer; and the image of them all."""
    make = Making.of(deployment, name, options)
    made: list[AnyNode] = []
    for platform in make.platforms:
        made += [make.contents(platform), make.libraries(platform)]
    return [*made, make.model(), make.image()]


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs: beside the layout, as it names a run and
    the image does not.
    """
    return ""


def named_files(options: Options) -> Mapping[str, str]:
    """Options that name files of the user's, with their paths."""
    return {"base": options.base}
