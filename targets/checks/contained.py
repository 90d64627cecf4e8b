"""A service in a container of an image target, reached at its port, from which nothing leads out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from ...compiler.node import Unproved, Work
from ...schema.diagnostics import Field, UserError
from ..catalogs import TARGETS
from ..deployment import Deployment
from ..engine.connecting import connected, told
from ..engine.containers import Start, port, started
from ..engine.loading import Loaded, Loading
from ..registry.layout import Layout
from .booted import Service, made_key, tried, wait

NO_WAY_OUT = {"com.docker.network.bridge.enable_ip_masquerade": "false"}
"""Options of a network whose containers are reached at their ports, and reach nothing beyond this machine."""

STOP_SECONDS = 10


@contextmanager
def contained(work: Work, deployment: Deployment, target: str, *, field: Field) -> Iterator[Service]:
    """The service of the image that the target in the input "image" makes, ready.

    Unproved where no engine answers, or UserError `no-engine` with --locked; UserError `service-not-ready` with its log
    where the service does not start.
    """
    with connected(deployment.environ, field) as engine:
        loaded = _loaded(work, engine, deployment, target)
        with _network(engine, field) as network:
            key = made_key(deployment)
            start = _start(deployment, loaded, network, tried(deployment, key), field)
            with started(engine, start, seconds=STOP_SECONDS) as container:
                try:
                    yield _ready(container, loaded, key, field)
                finally:
                    for line in _lines(container):
                        work.log(line)


def answers(deployment: Deployment, field: Field) -> None:
    """Unproved where no engine answers; with --locked UserError `no-engine`."""
    try:
        with connected(deployment.environ, field):
            return
    except UserError as error:
        if deployment.locked:
            raise
        raise Unproved("; ".join(diagnostic.message for diagnostic in error.diagnostics)) from None


def _loaded(work: Work, engine: DockerClient, deployment: Deployment, target: str) -> Loaded:
    made = work.inputs["image"]

    def folder() -> Path:
        work.cas.materialise(made, work.folder / "image", shared=True)
        return work.folder / "image"

    entry = deployment.config.targets[target]
    loading = Loading(
        engine=engine,
        deployment=deployment,
        name=target,
        options=entry.options,
        folder=folder,
        layout=lambda: Layout.of_tree(work.cas, made),
        tagged=False,
        say=work.log,
    )
    loaded: Loaded = TARGETS.load(entry.kind).loaded(loading)
    return loaded


@contextmanager
def _network(engine: DockerClient, field: Field) -> Iterator[str]:
    name = f"deployc-{uuid.uuid4().hex[:12]}"
    with told("no network can be made for the container", field):
        network = engine.networks.create(name, driver="bridge", options=NO_WAY_OUT)
    try:
        yield name
    finally:
        with told("the network of the container cannot be removed", field):
            network.remove()


def _start(deployment: Deployment, loaded: Loaded, network: str, settings: Mapping[str, str], field: Field) -> Start:
    return Start(
        image=loaded.image,
        deployment=deployment.config.name,
        name=None,
        host="127.0.0.1",
        port=0,
        inside=loaded.port,
        environ=settings,
        network=network,
        laid=loaded.laid,
        field=field,
    )


def _ready(container: Container, loaded: Loaded, key: str, field: Field) -> Service:
    def runs() -> bool:
        container.reload()
        return container.status == "running"

    with told("the container cannot be asked", field):
        service = Service(port(container, loaded.port), key)
        wait(service.ready, runs, lambda: _lines(container), field=field)
    return service


def _lines(container: Container) -> Sequence[str]:
    with told("the container cannot be asked"), suppress(NotFound):
        return container.logs().decode(errors="replace").splitlines()
    return ()
