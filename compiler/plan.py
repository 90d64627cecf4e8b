"""A plan: nodes by name in an order in which each comes after what it needs."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..schema.diagnostics import fail
from .node import AnyNode, Made


@dataclass(frozen=True, slots=True)
class Plan:
    """Nodes in topological order; nodes that do not need each other keep the order in which they were given."""

    nodes: Mapping[str, AnyNode]

    @classmethod
    def of(cls, nodes: Iterable[AnyNode]) -> Plan:
        """UserError `stage-cycle` when nodes need each other in a circle."""
        known = {n.name: n for n in nodes}
        sorter = graphlib.TopologicalSorter({name: needs(node) for name, node in known.items()})
        try:
            order = tuple(sorter.static_order())
        except graphlib.CycleError as error:
            circle = " -> ".join(error.args[1])
            raise fail("stage-cycle", f"stages need each other in a circle: {circle}", field=("stages",)) from None
        return cls({name: known[name] for name in order})

    def only(self, wanted: Iterable[str]) -> Plan:
        """The named nodes and all that they need."""
        keep: set[str] = set()
        stack = list(wanted)
        while stack:
            name = stack.pop()
            if name not in keep:
                keep.add(name)
                stack += needs(self.nodes[name])
        return Plan({name: node for name, node in self.nodes.items() if name in keep})


def needs(node: AnyNode) -> tuple[str, ...]:
    """Names of the nodes that must be done before this one."""
    made = [i.node for i in node.inputs.values() if isinstance(i, Made)]
    return tuple(dict.fromkeys([*made, *node.environments, *node.after]))
