"""What happens during a build, as values for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Happening = Literal["started", "log", "note", "ran", "cached", "failed", "unproved", "skipped", "would-run", "may-run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one node.

    `reasons` say why a node runs, in explain's words; `seconds` is how long it took; `line` is a line of its log, of
    what it has to tell (`note`), or what it lacked (`unproved`).
    """

    node: str
    kind: Happening
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    line: str = ""


Observer = Callable[[Event], None]
