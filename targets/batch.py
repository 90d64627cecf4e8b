"""The `batch` target: what a machine that scores files has to install, the project's wheel and its lock."""

from __future__ import annotations

from dataclasses import replace

from ..compiler.node import AnyNode, Node, Work
from ..compiler.tree import Tree
from . import wheel
from .deployment import PROJECT, Deployment
from .project.scored import Options

__all__ = ["SEVERAL", "Options", "nodes", "provenance"]

SEVERAL = True
"""It can be made of several models, each of which has a command of its own."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The wheel, and `requirements.lock` beside it. What the options ask for is in the project itself."""

    def run(work: Work) -> Tree:
        project = work.inputs["project"]
        made = wheel.build(cas=work.cas, project=project, config=config, folder=work.folder)
        return made | Tree((project["requirements.lock"],))

    config = replace(deployment.config, python=deployment.python)
    return [
        Node(
            name=name,
            inputs={"project": PROJECT},
            params={"name": config.name, "python": config.python},
            implementation=deployment.identity.tools(),
            run=run,
        )
    ]


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs."""
    return ""
