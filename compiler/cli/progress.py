"""Showing a build: live lines on a terminal, plain lines elsewhere, one JSON object a line for programs."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ...schema.render import visible
from ..events import Event

SHOWN_REASONS = 3


class Progress(Protocol):
    """Takes events, from any thread, between `start` and `stop`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def __call__(self, event: Event) -> None: ...


@dataclass(slots=True)
class Plain:
    """A line when a node starts and when it ends; cached nodes are only counted, in the summary."""

    console: Console

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def __call__(self, event: Event) -> None:
        if line := _line(event):
            self.console.print(line, soft_wrap=True, markup=False)


@dataclass(slots=True)
class Terminal:
    """Finished nodes scroll by; the running ones stay below, each with its time and its last line of output."""

    console: Console
    running: dict[str, tuple[float, str]] = field(default_factory=dict)
    mutex: threading.Lock = field(default_factory=threading.Lock)
    live: Live | None = None

    def start(self) -> None:
        self.live = Live(
            console=self.console,
            get_renderable=self._render,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )
        self.live.start()

    def stop(self) -> None:
        if self.live:
            self.live.stop()

    def __call__(self, event: Event) -> None:
        with self.mutex:
            if event.kind == "started":
                self.running[event.node] = time.monotonic(), "; ".join(event.reasons[:SHOWN_REASONS])
            elif event.kind == "log" and event.node in self.running:
                self.running[event.node] = self.running[event.node][0], event.line
            elif event.kind in ("ran", "failed", "unproved"):
                self.running.pop(event.node, None)
        if event.kind != "started" and (line := _line(event)):
            self.console.print(line, no_wrap=True, overflow="ellipsis")

    def _render(self) -> Text:
        with self.mutex:
            rows = list(self.running.items())
        now, width = time.monotonic(), self.console.width
        lines = [f"  {name:<18} {now - since:5.1f} s  {visible(line)}"[: width - 1] for name, (since, line) in rows]
        return Text("\n".join(lines), style="dim")


@dataclass(slots=True)
class Json:
    """Every event as one JSON object a line, on standard output."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def __call__(self, event: Event) -> None:
        told = {"event": event.kind, "node": event.node}
        more = {"reasons": list(event.reasons), "seconds": round(event.seconds, 3), "line": event.line}
        sys.stdout.write(json.dumps(told | {k: v for k, v in more.items() if v}) + "\n")
        sys.stdout.flush()


def progress(console: Console, *, as_json: bool) -> Progress:
    """The right one for where the output goes."""
    if as_json:
        return Json()
    return Terminal(console) if console.is_terminal else Plain(console)


def _line(event: Event) -> Text | None:
    reasons = visible("; ".join(event.reasons[:SHOWN_REASONS]))
    if len(event.reasons) > SHOWN_REASONS:
        reasons += f"; and {len(event.reasons) - SHOWN_REASONS} more"
    match event.kind:
        case "started":
            return Text(f"  run     {event.node:<18} {reasons}".rstrip())
        case "note":
            return Text(f"  note    {event.node:<18} {visible(event.line)}")
        case "ran":
            return Text(f"  done    {event.node:<18} {event.seconds:.1f} s", style="green")
        case "failed":
            return Text(f"  failed  {event.node:<18} {event.seconds:.1f} s", style="bold red")
        case "unproved":
            return Text(f"  not proved {event.node:<15} {visible(event.line)}", style="bold yellow")
        case "skipped":
            return Text(f"  skipped {event.node:<18} it needs what failed", style="dim")
        case "would-run":
            return Text(f"  run     {event.node:<18} {reasons}".rstrip())
        case "may-run":
            return Text(f"  maybe   {event.node:<18} it needs what would run", style="dim")
        case _:
            return None
