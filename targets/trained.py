"""The `trained` target: the model as it was trained, also where the service has a compiled form of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..compiler.node import AnyNode, Made, Node
from .deployment import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What deploy.yaml may say below `targets: {trained: ...}`: nothing yet."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The model's files, which `deployc inspect`, `deployc init` and another deploy.yaml can be given."""
    model = Made(node="model", folder="model")
    return [Node(name=name, inputs={"model": model}, run=lambda work: work.inputs["model"])]


def provenance(deployment: Deployment) -> None:
    """Nothing: a file that the training did not write would be part of a model that is given to another deploy.yaml."""
