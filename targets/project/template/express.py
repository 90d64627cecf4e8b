"""Requests to the model past ASGI, whose messages and tasks cost more than the answer of a fast model does."""

from __future__ import annotations

import asyncio
import logging

from .exchange import Exchange
from .problems import Rejected, too_large
from .service import Service
from .web import Answer, Header, Headers, Request, broken, rejected

EXPRESS = "express"
"""Where an application tells its server's connections of it: by this name in the state that ASGI lets them share."""

logger = logging.getLogger(__name__)


class Express:
    """The service's operations, for requests that are there as a whole."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._paths = {path.encode(): path for path in service.operations}

    def path(self, target: bytes) -> str | None:
        """The operation that stands at an address, if one does."""
        return self._paths.get(target)

    @property
    def leaving(self) -> bool:
        """Whether no connection is to carry a further request."""
        return self._service.leaving

    async def answer(self, path: str, header: Header, body: bytes) -> tuple[Answer, Headers]:
        """The answer to a request to an operation, and what is said with every answer."""
        service = self._service
        with Exchange(service, "POST", path, header) as request:
            try:
                service.admit(path, header)
                if len(body) > service.settings.max_body_bytes:
                    raise too_large(service.settings.max_body_bytes)
                answer = await service.answer(Request(path, "", header, body))
            except Rejected as error:
                answer = rejected(error)
            except asyncio.CancelledError:
                logger.info("the client went away")
                raise
            except Exception as error:
                answer = broken(error)
            request.status = answer.status
            return answer, request.headers
