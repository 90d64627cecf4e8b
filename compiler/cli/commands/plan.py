"""Show what a build would run, and why, without running it.

examples:
  deployc plan
  deployc plan --target wheel
  deployc plan --json
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field

from ....schema.diagnostics import UserError
from ....schema.render import visible
from ...events import Event
from ...execute import Settings, execute
from ..building import last_manifests
from ..session import deployment, opened, plan_arguments
from ..session import plan as planned

SHOWN = {"cached": "cached", "would-run": "run", "may-run": "maybe", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Seen:
    """Collects what would happen, by node."""

    events: dict[str, Event] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        self.events[event.node] = event


def arguments(parser: argparse.ArgumentParser) -> None:
    plan_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a node on standard output")


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    made = deployment(session, options)
    plan = planned(session, made, options)
    seen = Seen()
    settings = Settings(store=made.store, sources=session.sources, last=last_manifests(session), observe=seen, dry=True)
    outcome = execute(plan, settings)
    for event in (seen.events[name] for name in plan.nodes if name in seen.events):
        sys.stdout.write(_line(event, as_json=options.json) + "\n")
    if outcome.failures:
        raise session.placed(UserError(*(d for found in outcome.failures.values() for d in found)))
    return 0


def _line(event: Event, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"node": event.node, "would": SHOWN[event.kind], "reasons": list(event.reasons)})
    why = "; ".join(event.reasons) or ("it needs what would run" if event.kind == "may-run" else "")
    return f"{SHOWN[event.kind]:<7} {event.node:<18} {visible(why)}".rstrip()
