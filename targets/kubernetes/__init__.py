"""The `kubernetes` target: manifests that run the service's image in a cluster, as files to apply or to commit."""

from __future__ import annotations

from collections.abc import Iterator

from ...compiler.node import AnyNode
from ...schema.config import Config
from ...schema.diagnostics import Diagnostic
from .. import images
from ..deployment import Deployment
from . import checking, making, network, workload
from .applying import publish
from .checking import written
from .manifest import Manifest
from .options import Options
from .workload import App

__all__ = ["FILES", "SEVERAL", "Options", "check", "elsewhere", "nodes", "provenance", "publish"]

FILES = ("patches",)
"""Options that name files of the user's."""
SEVERAL = True
"""It can be made of several models."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The node that makes the manifests."""
    return making.nodes(deployment, name, options, options, objects)


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    yield from checking.check(config, name, options)
    yield from images.without_model(config, options.image, ("targets", name, "image"))


def provenance(deployment: Deployment) -> None:
    """None: what lies beside the manifests is taken for one."""


def elsewhere(options: Options) -> str:
    """A folder of the user's in which the target is put as well, relative to deploy.yaml; or empty."""
    return written(options)


def objects(app: App) -> tuple[Manifest, ...]:
    """Every object of the service, before patches."""
    made = (
        workload.deployment(app),
        network.service(app),
        network.ingress(app),
        network.policy(app),
        network.monitor(app),
        workload.autoscaler(app),
        workload.disruption_budget(app),
    )
    return tuple(manifest for manifest in made if manifest is not None)
