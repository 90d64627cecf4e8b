"""Showing a build on a terminal."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ...schema.render import visible
from ..events import Event
from .progress import SHOWN_REASONS, line_of


@dataclass(slots=True)
class Terminal:
    """Finished nodes scroll by; the running ones stay below, each with its time and its last line of output."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
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
        line, style = line_of(event)
        if line and event.kind != "started":
            self.console.print(Text(line, style=style), no_wrap=True, overflow="ellipsis")

    def _render(self) -> Text:
        with self.mutex:
            rows = list(self.running.items())
        now, width = time.monotonic(), self.console.width
        lines = [f"  {name:<18} {now - since:5.1f} s  {visible(line)}"[: width - 1] for name, (since, line) in rows]
        return Text("\n".join(lines), style="dim")
