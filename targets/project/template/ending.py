"""The end of a service: told to stop, it says for a while that it is not ready before its server stops listening."""

from __future__ import annotations

import os
import signal
from threading import Thread, current_thread, main_thread
from time import sleep
from types import FrameType

from .service import Service


def announce(service: Service) -> None:
    """Let the service say that it stops before its server does so, which has its handler of SIGTERM in place."""
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop) or current_thread() is not main_thread():
        return

    def told(number: int, frame: FrameType | None) -> None:
        # Told again, it does not wait any longer.
        signal.signal(signal.SIGTERM, stop)
        # In a thread, as a handler may interrupt what is being logged.
        Thread(target=_leave, args=(service,), name="ending", daemon=True).start()

    signal.signal(signal.SIGTERM, told)


def _leave(service: Service) -> None:
    service.leave()
    sleep(service.settings.drain_seconds)
    os.kill(os.getpid(), signal.SIGTERM)
