"""Pushing an image from the engine to its registry, as whoever the command `docker` is logged in as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from docker import DockerClient
from docker.utils import parse_repository_tag

from ...schema.diagnostics import Field, fail
from .connecting import told

TOLD = ("Pushed", "Layer already exists", "Mounted")


def pushed(engine: DockerClient, tag: str, field: Field, say: Callable[[str], None]) -> str:
    """The digest by which the registry has the image from now on; UserError `engine-failed` where it is refused."""
    repository, version = parse_repository_tag(tag)
    digest = ""
    with told(f"{tag} cannot be pushed", field):
        # the stubs leave its type out
        events: object = engine.api.push(repository, version or "latest", stream=True, decode=True)
        for event in cast(Iterable[Mapping[str, object]], events):
            if "error" in event:
                hint = "`docker login` says who you are"
                raise fail("engine-failed", f"{tag} cannot be pushed: {event['error']}", field=field, help=hint)
            match event:
                case {"aux": {"Digest": str(name)}}:
                    digest = name
                case {"status": str(status), "id": str(layer)} if status.startswith(TOLD):
                    say(f"{layer}: {status}")
    return digest
