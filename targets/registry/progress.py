"""How far several transfers are together, said now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_STEPS = 10
"""Lines of progress, at most."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """Adds up what several threads have dealt with."""

    total: int
    """Bytes."""
    say: Callable[[str], None]
    done: dict[str, int] = field(default_factory=dict)
    step: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self, digest: str, here: int) -> None:
        """`here` bytes of a blob have been dealt with."""
        with self.lock:
            self.done[digest] = here
            whole = sum(self.done.values())
            if self.step < (step := _STEPS * whole // max(self.total, 1)) < _STEPS:
                self.step = step
                self.say(f"{whole / 1e6:.1f} of {self.total / 1e6:.1f} MB")
