"""Containers of a service: as shut in as it can live, reached by one port, stopped and removed in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from ...compiler.digest import chunks
from ...schema.diagnostics import Field, fail
from .connecting import told

LABEL = "deployc.deployment"
"""The label that names the deployment whose service runs in a container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A container to be started."""

    image: str
    deployment: str
    name: str | None
    """None leaves it to the engine."""
    host: str
    """Address of this machine on which it is reached."""
    port: int
    """Port of that address; 0 for any that is free."""
    inside: int
    """Port on which the service listens in the container."""
    environ: Mapping[str, str]
    network: str | None = None
    """A network of the engine's; None for its usual one."""
    laid: Mapping[str, Path] = field(default_factory=dict)
    """Archives whose members are laid into folders of the container before it starts, by the folder."""
    field: Field | None = None


@contextmanager
def started(engine: DockerClient, start: Start, *, seconds: int, remove: bool = True) -> Iterator[Container]:
    """A running container; when the block ends it is stopped, is killed after `seconds`, and is removed.

    UserError `container-exists` where another one has its name and runs, `engine-failed` where it cannot be started.
    """
    if start.name is not None:
        _make_room(engine, start, start.name)
    with told("the container cannot be created", start.field):
        container = _created(engine, start)
    try:
        with told("the container cannot be started", start.field, "choose another port with --port, if it is taken"):
            for folder, archive in start.laid.items():
                container.put_archive(folder, chunks(archive))
            container.start()
            container.reload()
        yield container
    finally:
        with told("the container cannot be stopped", start.field), suppress(NotFound):
            container.stop(timeout=seconds)
            if remove:
                container.remove(force=True, v=True)


def port(container: Container, inside: int) -> int:
    """The port of this machine at which a port of a running container is reached."""
    [found, *_] = container.ports.get(f"{inside}/tcp") or [{}]
    if "HostPort" not in found:
        raise fail("engine-failed", f"the container does not run: it is {container.status}")
    return int(found["HostPort"])


def _created(engine: DockerClient, start: Start) -> Container:
    return engine.containers.create(
        start.image,
        name=start.name,
        environment=dict(start.environ),
        labels={LABEL: start.deployment},
        ports={f"{start.inside}/tcp": (start.host, start.port)},
        network=start.network,
        read_only=True,
        # processes that share metrics, and libraries that unpack themselves, write there
        tmpfs={"/tmp": ""},
        # the root is read-only for the engine too
        volumes=[*start.laid],
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
    )


def _make_room(engine: DockerClient, start: Start, name: str) -> None:
    """Remove what an earlier run of the same deployment has left under the name."""
    with told("the engine cannot be asked", start.field):
        try:
            found = engine.containers.get(name)
        except NotFound:
            return
        if found.labels.get(LABEL) == start.deployment and found.status != "running":
            found.remove()
            return
    text = f"there is a container `{name}` already; it is {found.status}"
    raise fail("container-exists", text, field=start.field, help=f"remove it: docker rm -f {name}")
