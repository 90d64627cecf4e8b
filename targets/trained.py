"""The `trained` target: the model as it was trained, also where the service has a compiled form of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..compiler.node import AnyNode, Input, Node, Work
from ..compiler.tree import Tree
from .deployment import Deployment
from .modelling import MODEL
from .several import input_of

SEVERAL = True
"""It can be made of several models, each in a folder of its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What deploy.yaml may say below `targets: {trained: ...}`: nothing yet."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The model's files, which `deployc inspect`, `deployc init` and another deploy.yaml can be given."""
    inputs: dict[str, Input] = {model: input_of(MODEL, model) for model in deployment.config.models}

    def run(work: Work) -> Tree:
        found = Tree()
        for model, tree in work.inputs.items():
            found |= tree.at(model) if model else tree
        return found

    return [Node(name=name, inputs=inputs or {"": MODEL}, run=run)]


def provenance(deployment: Deployment) -> None:
    """Nothing: a file that the training did not write would be part of a model that is given to another deploy.yaml."""
