"""The service as a Flask application, with gunicorn and its threads as the server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from gunicorn.http.errors import ParseException
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..template import logs
from ..template.ending import announce
from ..template.exchange import Exchange
from ..template.heads import worker
from ..template.predictor import Predictor
from ..template.problems import Rejected, too_large, too_slow
from ..template.processes import Server
from ..template.service import Service
from ..template.settings import Settings
from ..template.web import Answer, Request, broken, refused, rejected

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUIREMENTS = ("flask>=3", "gunicorn>=23")
UNTYPED = ("gunicorn.*",)

THREADS = 8
"""Requests that one process answers at once; health checks need one that no prediction holds."""

CHUNK_BYTES = 64 * 1024


class RequestContext:
    """Gives every request an id, and logs how it ended."""

    def __init__(self, app: WSGIApplication, service: Service) -> None:
        self._app = app
        self._service = service

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        header = EnvironHeaders(environ).get
        with Exchange(self._service, environ["REQUEST_METHOD"], environ["PATH_INFO"], header) as current:

            def start_with_id(status: str, headers: list[tuple[str, str]], *error: object) -> Callable[[bytes], object]:
                current.status = int(status.split()[0])
                return start_response(status, [*headers, *current.headers])

            if current.preflight:
                return _response(current.preflight)(environ, start_with_id)
            return self._app(environ, start_with_id)


def create_app(settings: Settings | None = None, load: Callable[[], Predictor] = Predictor.load) -> Flask:
    """The application with its model loaded, by default with its settings from the environment."""
    settings = settings or Settings.from_environment(os.environ)
    logs.configure(settings.log_level)
    service = Service(settings, load)
    service.start()
    announce(service)
    return application(service)


def application(service: Service) -> Flask:
    """The routes and the errors."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    for path in service.operations:
        _add(app, path, "POST", partial(_answer, service, path))
    for path in service.pages:
        _add(app, path, "GET", partial(_shown, service, path))
    app.register_error_handler(Rejected, lambda error: _response(rejected(error)))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, lambda error: _response(broken(error)))
    app.wsgi_app = RequestContext(app.wsgi_app, service)  # type: ignore[method-assign]  # as Flask's documentation says
    return app


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop; requests that have begun are answered first."""
    # Threads, as the model's work is done in C, which frees the others; each process loads the model for itself.
    Server(settings, worker(settings.read_seconds), THREADS, create_app).run()


def _add(app: Flask, path: str, verb: str, view: Callable[[], Response]) -> None:
    app.add_url_rule(path, path, view, methods=[verb], provide_automatic_options=False)


def _answer(service: Service, path: str) -> Response:
    service.admit(path, request.headers.get)
    body = _body(service.settings)
    query = request.query_string.decode("latin-1")
    return _response(service.answer_now(Request(path, query, request.headers.get, body)))


def _shown(service: Service, path: str) -> Response:
    return _response(service.show(path, request.headers.get))


def _body(settings: Settings) -> bytes:
    """The body; Rejected as soon as it is known to be too long, or when nothing comes for too long."""
    body = bytearray()
    # Only gunicorn has the connection: in tests there is none.
    connection = request.environ.get("gunicorn.socket")
    if connection:
        connection.settimeout(settings.read_seconds)
    try:
        while part := request.stream.read(CHUNK_BYTES):
            body += part
            if len(body) > settings.max_body_bytes:
                raise too_large(settings.max_body_bytes)
    except TimeoutError:
        raise too_slow(settings.read_seconds) from None
    except (OSError, ParseException):
        raise Rejected(400, "bad-request", "the body is not whole") from None
    return bytes(body)


def _refused(error: HTTPException) -> Response:
    verbs = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    return _response(refused(error.code or 500, *([("allow", ", ".join(sorted(verbs)))] if verbs else [])))


def _response(found: Answer) -> Response:
    return Response(found.body, found.status, [*found.headers], content_type=found.content_type)
