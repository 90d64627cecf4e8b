"""gunicorn as the server: it starts worker processes, passes signals on to them and replaces one that dies."""

from __future__ import annotations

from collections.abc import Callable

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from . import logs
from .settings import Settings

KEEP_ALIVE_SECONDS = 5


class Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own log as a part of the service's."""

    def setup(self, cfg: object) -> None:
        self.error_log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with the service's settings in place of its own command line and files."""

    def __init__(self, settings: Settings, worker: str | type, threads: int, load: Callable[[], object]) -> None:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._options: dict[str, object] = {
            "bind": f"{host}:{settings.port}",
            "workers": settings.workers,
            "worker_class": worker,
            "threads": threads,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": settings.drain_seconds + settings.shutdown_seconds,
            # No worker is killed for being slow: a large model may take its time to load.
            "timeout": 0,
            "logger_class": Log,
            "control_socket_disable": True,
        }
        self._load = load
        logs.configure(settings.log_level)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            # Older versions lack the control socket and with it the setting.
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> object:
        return self._load()
