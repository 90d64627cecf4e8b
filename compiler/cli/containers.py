"""A built image's service in the engine: brought there, started, followed until it ends or is told to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from docker import DockerClient
from docker.models.containers import Container

from ...schema.diagnostics import fail
from ...schema.render import visible
from ...targets.catalogs import TARGETS
from ...targets.deployment import Deployment
from ...targets.engine.connecting import connected, told
from ...targets.engine.containers import Start, port, started
from ...targets.engine.loading import STOP_SECONDS, Loaded, Loading
from ...targets.registry.layout import Layout


def run_image(made: Deployment, name: str, options: argparse.Namespace, folder: Path) -> int:
    """Load the image target `name`, emitted below `folder`, and run it unless it is only to be there; the exit code."""
    if not (folder / name).is_dir():
        raise fail("not-built", f"there is no built target `{name}` in {folder}", help="run `deployc build` first")
    with connected(made.environ, ("targets", name)) as engine:
        loaded = _loaded(engine, made, name, folder / name)
        if options.no_start:
            sys.stderr.write(f"deployc: {loaded.tag} is in the engine: {loaded.image}\n")
            return 0
        return _run(engine, made, loaded, options)


def _loaded(engine: DockerClient, made: Deployment, name: str, folder: Path) -> Loaded:
    def say(line: str) -> None:
        sys.stderr.write(f"  image     {name:<16} {visible(line)}\n")

    entry = made.config.targets[name]
    loading = Loading(
        engine=engine,
        deployment=made,
        name=name,
        options=entry.options,
        folder=lambda: folder,
        layout=lambda: Layout.of_folder(folder),
        tagged=True,
        say=say,
    )
    loaded: Loaded = TARGETS.load(entry.kind).loaded(loading)
    return loaded


def _run(engine: DockerClient, made: Deployment, loaded: Loaded, options: argparse.Namespace) -> int:
    start = Start(
        image=loaded.image,
        deployment=made.config.name,
        name=loaded.container,
        host=options.host,
        port=options.port or loaded.port,
        inside=loaded.port,
        environ=_settings(made),
        laid=loaded.laid,
    )
    with started(engine, start, seconds=STOP_SECONDS, remove=loaded.remove) as container:
        where = f"http://{options.host}:{port(container, loaded.port)}"
        sys.stderr.write(f"deployc: {loaded.tag} runs as the container {loaded.container} at {where}\n")
        with suppress(KeyboardInterrupt):
            _follow(container)
        with told("the container cannot be stopped"):
            container.stop(timeout=STOP_SECONDS)
            return int(container.wait()["StatusCode"])


def _follow(container: Container) -> None:
    """Show what the service says, until it ends."""
    with told("the container cannot be followed"):
        for chunk in container.attach(stream=True, logs=True):
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()


def _settings(made: Deployment) -> Mapping[str, str]:
    """The service's settings that are in the user's environment, but for where it listens."""
    prefix = f"{made.package.upper()}_"
    own = {name: value for name, value in made.environ.items() if name.startswith((prefix, "OTEL_"))}
    return {name: value for name, value in own.items() if name not in (f"{prefix}HOST", f"{prefix}PORT")}
