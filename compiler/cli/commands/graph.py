"""Print the plan as a graph.

examples:
  deployc graph                 Mermaid, as Markdown shows it
  deployc graph --dot | dot -Tsvg > plan.svg
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ...plan import Plan, needs
from ..session import deployment, opened, plan_arguments
from ..session import plan as planned

SHAPES = {"stage": "box", "environment": "cylinder", "check": "diamond", "lock": "note"}
BRACKETS = {"stage": "[{}]", "environment": "[({})]", "check": "{{{{{}}}}}", "lock": "[/{}/]"}


def arguments(parser: argparse.ArgumentParser) -> None:
    plan_arguments(parser)
    parser.add_argument("--dot", action="store_true", help="Graphviz's language instead of Mermaid's")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    plan = planned(session, deployment(session, options), options)
    sys.stdout.write("\n".join(_dot(plan) if options.dot else _mermaid(plan)) + "\n")
    return 0


def _mermaid(plan: Plan) -> Iterator[str]:
    yield "flowchart LR"
    yield from (f"    {name}{BRACKETS[node.kind].format(name)}" for name, node in plan.nodes.items())
    yield from (f"    {need} --> {name}" for name, node in plan.nodes.items() for need in needs(node))


def _dot(plan: Plan) -> Iterator[str]:
    yield "digraph deployc {"
    yield "    rankdir=LR"
    yield from (f'    "{name}" [shape={SHAPES[node.kind]}]' for name, node in plan.nodes.items())
    yield from (f'    "{need}" -> "{name}"' for name, node in plan.nodes.items() for need in needs(node))
    yield "}"
