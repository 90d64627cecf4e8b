"""Showing a build: live lines on a terminal, plain lines elsewhere, one JSON object a line for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .progress import Json, Plain, Progress


def progress(*, as_json: bool = False) -> Progress:
    """The right one for where the output goes."""
    if as_json:
        return Json()
    if not sys.stderr.isatty():
        return Plain(sys.stderr)
    from .live import Terminal  # it takes longer to import than a small build to plan

    return Terminal()


@contextmanager
def shown(show: Progress) -> Iterator[Progress]:
    """What is shown while it takes events."""
    show.start()
    try:
        yield show
    finally:
        show.stop()
