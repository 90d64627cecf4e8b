"""Scores a file two rows at a time, and is killed in the middle: `python killed.py IN OUT`."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count

from deployc.targets.project.template.job import Asked, score

ticks = count()


def clock() -> float:
    """Each look at it is two seconds after the last one; the sixth kills."""
    tick = next(ticks)
    if tick == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2.0 * tick


source, target = sys.argv[1:]
kind = target.rpartition(".")[2]
score(
    Asked(
        source=source,
        target=target,
        methods=["predict"],
        kept=["id"],
        read_as=kind,
        write_as=kind,
        errors=f"{target}.errors.jsonl",
        rows=2,
    ),
    sys.stderr,
    clock,
)
