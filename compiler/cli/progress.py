"""What is told of a build: plain lines, or one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Protocol, TextIO

from ...schema.render import visible
from ..events import Event

SHOWN_REASONS = 3


class Progress(Protocol):
    """Takes events, from any thread, between `start` and `stop`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def __call__(self, event: Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A line when a node starts and when it ends; cached nodes are only counted, in the summary."""

    stream: TextIO

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def __call__(self, event: Event) -> None:
        if line := line_of(event)[0]:
            self.stream.write(f"{line}\n")
            self.stream.flush()


@dataclass(frozen=True, slots=True)
class Json:
    """Every event as one JSON object a line, on standard output."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def __call__(self, event: Event) -> None:
        told = {"event": event.kind, "node": event.node}
        more = {"reasons": list(event.reasons), "seconds": round(event.seconds, 3), "line": event.line}
        sys.stdout.write(json.dumps(told | {k: v for k, v in more.items() if v}) + "\n")
        sys.stdout.flush()


def line_of(event: Event) -> tuple[str, str]:
    """What is told of an event, empty where nothing is, and in which of rich's styles on a terminal."""
    reasons = visible("; ".join(event.reasons[:SHOWN_REASONS]))
    if len(event.reasons) > SHOWN_REASONS:
        reasons += f"; and {len(event.reasons) - SHOWN_REASONS} more"
    match event.kind:
        case "started" | "would-run":
            return f"  run     {event.node:<18} {reasons}".rstrip(), ""
        case "note":
            return f"  note    {event.node:<18} {visible(event.line)}", ""
        case "ran":
            return f"  done    {event.node:<18} {event.seconds:.1f} s", "green"
        case "failed":
            return f"  failed  {event.node:<18} {event.seconds:.1f} s", "bold red"
        case "unproved":
            return f"  not proved {event.node:<15} {visible(event.line)}", "bold yellow"
        case "skipped":
            return f"  skipped {event.node:<18} it needs what failed", "dim"
        case "may-run":
            return f"  maybe   {event.node:<18} it needs what would run", "dim"
        case _:
            return "", ""
