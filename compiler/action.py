"""An action: a node with its inputs bound, whose key is a text that a person can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .digest import Digest, of_text
from .node import AnyNode
from .tree import Tree


@dataclass(frozen=True)
class Action:
    """`inputs` are the trees of the node's inputs by label, `environments` the action digests of its environments."""

    node: AnyNode
    inputs: Mapping[str, Tree]
    environments: Mapping[str, Digest]

    @cached_property
    def manifest(self) -> str:
        """One line for each thing that the output depends on: its kind, its name as JSON, its value."""
        lines = [f"{self.node.kind} {self.node.name}"]
        lines += [f"implementation {_quoted(line)}" for line in self.node.implementation]
        lines += [f"param {_quoted(name)} {_quoted(value)}" for name, value in sorted(self.node.params.items())]
        lines += [f"environment {_quoted(name)} {key}" for name, key in sorted(self.environments.items())]
        for label, tree in sorted(self.inputs.items()):
            lines += [
                f"input {_quoted(f'{label}/{e.path}' if label else e.path)} {e.digest} {'x' if e.executable else '-'}"
                for e in tree
            ]
        return "\n".join(lines) + "\n"

    @cached_property
    def digest(self) -> Digest:
        return of_text(self.manifest)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
