"""The node that reads the user's hooks, and what others know of them by it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..compiler.hooks.contract import Hooks
from ..compiler.node import AnyNode, Input, Made, Node, Work
from ..compiler.tree import Tree
from ..schema.codec import decode, encode
from . import project, serving
from .deployment import Deployment

NAME = "hooks"
FILE = "hooks.json"


def nodes(deployment: Deployment) -> list[AnyNode]:
    """What the user's functions take and give: the code around them is written anew only where that changes."""
    if not (asked := deployment.config.serve.hooks):
        return []

    def run(work: Work) -> Tree:
        found, spec = deployment.hooks(work), deployment.spec(work)
        deployment.methods(spec)
        project.check_hooks(found, spec, serving.probed(work).outputs, deployment.config)
        return work.cas.put_texts({FILE: json.dumps(encode(found.without_places()), indent=1) + "\n"})

    return [
        Node(
            name=NAME,
            inputs={**deployment.hook_files, "spec": deployment.served_spec, "probe": Made(node="probe")},
            params={"module": asked.module, "methods": " ".join(deployment.config.serve.methods)},
            implementation=deployment.identity.tools(),
            run=run,
        )
    ]


def inputs(deployment: Deployment) -> Mapping[str, Input]:
    """What that node made, as an input labelled "hooks"; nothing where there are no hooks."""
    return {"hooks": Made(node=NAME)} if deployment.config.serve.hooks else {}


def made(work: Work) -> Hooks | None:
    """What it found, for a node with that input."""
    tree = work.inputs.get("hooks")
    return decode(Hooks, json.loads(work.cas.text(tree, FILE))) if tree else None
