"""Say why a node would run: what differs from its last time, by name.

examples:
  deployc explain train
  deployc explain generate --manifest     the whole text that its key is made of
"""

from __future__ import annotations

import argparse
import sys

from ....schema.diagnostics import fail
from ....schema.render import visible
from ....schema.suggest import suggest
from ....targets.graph import remarks
from ...execute import Settings, execute
from ...explain import differences
from ..building import last_manifests
from ..session import deployment, opened, plan_arguments
from ..session import plan as planned
from .plan import Seen


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="NODE", help="the node to explain, as `deployc plan` names it")
    plan_arguments(parser)
    parser.add_argument("--manifest", action="store_true", help="print the node's manifest")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    made = deployment(session, options)
    plan = planned(session, made, options)
    if options.node not in plan.nodes:
        raise fail("unknown-node", f"no node `{options.node}`", help=suggest(options.node, plan.nodes))
    last, seen = last_manifests(session), Seen()
    settings = Settings(store=made.store, sources=session.sources, last=last, observe=seen, dry=True)
    outcome = execute(plan.only([options.node]), settings)
    manifest = outcome.manifests.get(options.node)
    if manifest is None:
        waits = ", ".join(n for n, e in seen.events.items() if e.kind == "would-run")
        sys.stdout.write(f"{options.node}: cannot be told before these have run: {waits}\n")
    elif options.manifest:
        sys.stdout.write(manifest)
    else:
        changed = differences(last.get(options.node), manifest)
        if not changed and options.node in outcome.unfinished:
            changed = ("its result is no longer in the cache",)
        known = {name: tree for name, tree in outcome.trees.items() if name == options.node}
        told = (*(changed or ("up to date",)), *remarks(made, known))
        sys.stdout.write("".join(f"{options.node}: {visible(line)}\n" for line in told))
    return 0
