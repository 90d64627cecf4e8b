"""The service as a bare ASGI application: nothing stands between the server and the predictor."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from ..template import logs
from ..template.asgi import App, Endpoints, Receive, RequestContext, Scope, Send, respond, run
from ..template.ending import announce
from ..template.predictor import Predictor
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import refused

REQUIREMENTS = ("uvicorn>=0.30", "uvloop>=0.19; sys_platform != 'win32'", "httptools>=0.6")

logger = logging.getLogger(__name__)


class Application:
    """The routes, and the model's life cycle."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._endpoints = Endpoints(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            if scope["path"] in self._endpoints:
                await self._endpoints(scope, receive, send)
            else:
                await respond(send, refused(404))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Load the model before the first request is accepted, and drop it after the last."""
        await receive()
        try:
            self._service.start()
            announce(self._service)
        except Exception as error:
            logger.exception("the model cannot be loaded")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._service.stop()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> App:
    """The application, by default with its settings from the environment; `uvicorn --factory` takes it too."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    service = Service(settings, load)
    return RequestContext(Application(service), service, express=True)


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    run(f"{__package__}.app:create_app", settings)
