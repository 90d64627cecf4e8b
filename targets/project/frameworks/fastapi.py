"""The service as a FastAPI application: its own routes past pydantic, and FastAPI's for what is added to it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..template import info, logs
from ..template.asgi import Endpoints, RequestContext, run
from ..template.ending import announce
from ..template.openapi import document
from ..template.predictor import Predictor
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import refused

REQUIREMENTS = ("fastapi>=0.115", "uvicorn>=0.30", "uvloop>=0.19; sys_platform != 'win32'", "httptools>=0.6")


class Application(FastAPI):
    """FastAPI with the service's own routes before its router, which costs more than a prediction does."""

    def __init__(self, service: Service) -> None:
        # The documentation is the service's own, which needs no internet.
        super().__init__(
            title=info.NAME,
            lifespan=self._lifespan,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        self.add_exception_handler(HTTPException, _refused)
        self._service = service
        self._endpoints = Endpoints(service)
        self._with_context = RequestContext(self._route, service, express=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._with_context(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._endpoints:
            await self._endpoints(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Load the model before the first request is accepted, and drop it after the last."""
        self._service.start()
        announce(self._service)
        yield
        self._service.stop()

    def openapi(self) -> dict[str, object]:
        """The service's own document, which is made from the types that requests are checked with."""
        return document()


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> FastAPI:
    """The application, by default with its settings from the environment; `uvicorn --factory` takes it too."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    return Application(Service(settings, load))


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    run(f"{__package__}.app:create_app", settings)


async def _refused(request: Request, error: Exception) -> Response:
    """What the framework itself refuses, such as an unknown path."""
    assert isinstance(error, HTTPException)
    found = refused(error.status_code)
    return Response(found.body, found.status, error.headers, found.content_type)
