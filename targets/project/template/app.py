"""The web framework's face: the prototype that a framework's file takes the place of."""

from __future__ import annotations

from .settings import Settings


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop."""
    raise NotImplementedError(settings)
