"""The service that calls the user's `startup` before its first request."""

from __future__ import annotations

from .own import startup
from .service import Service


class HookedService(Service):
    """The service with the hook before all requests."""

    def start(self) -> None:
        startup()
        super().start()
