"""Progress for Python code: a notebook's cell gets plain lines, a terminal what the command line shows there."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from ..cli.progress import Plain, Progress
from ..cli.showing import progress
from ..events import Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """Keeps the events, and shows them in `show` unless there is none."""

    show: Progress | None
    events: list[Event] = field(default_factory=list)

    def start(self) -> None:
        if self.show:
            self.show.start()

    def stop(self) -> None:
        if self.show:
            self.show.stop()

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if self.show:
            self.show(event)

    def say(self, line: str) -> None:
        """Show a sentence of ours where the progress goes."""
        if self.show:
            sys.stdout.write(f"deployc: {line}\n")


def recorded(*, quiet: bool) -> Recorded:
    """The progress that suits where this process writes."""
    return Recorded(None if quiet else _shown())


def _shown() -> Progress:
    if sys.stderr.isatty():
        return progress()
    # a notebook shows standard error as if something were wrong
    return Plain(sys.stdout)
