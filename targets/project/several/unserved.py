"""What another model asks of this one where there is no service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from ..template.scoring import asking
from .feeding import Fed, taken, values


@contextmanager
def feeding() -> Iterator[Fed]:
    """Asks this model for what another one takes of it."""
    with asking() as ask:

        def fed(method: str, rows: Sequence[msgspec.Struct]) -> list[object]:
            return values(ask(method, taken(rows)))

        yield fed
