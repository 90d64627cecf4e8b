"""The engine that the user has chosen, by DOCKER_HOST or by his current context, and what it says goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import docker
from docker import DockerClient
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

from ...schema.diagnostics import Field, fail


@contextmanager
def connected(environ: Mapping[str, str], field: Field | None = None) -> Iterator[DockerClient]:
    """A client of the engine, until the block ends; UserError `no-engine` where none answers."""
    try:
        # what is wrong with the address is a ValueError, with the socket an OSError
        engine = docker.from_env(environment=dict(environ))
        engine.ping()
    except (DockerException, RequestException, ValueError, OSError) as error:
        hint = "start Docker; the target `oci` makes an image, and publishes it, without one"
        text = "there is no Docker engine that answers"
        raise fail("no-engine", text, field=field, help=hint, notes=[reason(error)]) from None
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def told(doing: str, field: Field | None = None, help: str = "") -> Iterator[None]:
    """Turns what the engine refuses in the block into UserError `engine-failed`."""
    try:
        yield
    except (DockerException, RequestException) as error:
        raise fail("engine-failed", f"{doing}: {reason(error)}", field=field, help=help) from None


def reason(error: Exception) -> str:
    """What an error says, in the engine's own words where they are its."""
    return str(error.explanation or error) if isinstance(error, APIError) else str(error)
