"""What an image target is given to bring its image into the engine, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..deployment import Deployment
from ..registry.layout import Layout

# its modules take longer to import than a build with nothing to do
if TYPE_CHECKING:
    from docker import DockerClient


STOP_SECONDS = 45
"""More than a service takes to drain and to answer what has begun, as it is set where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """One image target. Its module has the functions `loaded(loading: Loading) -> Loaded` and
    `described(config: Config, options: Options) -> Described`.
    """

    engine: DockerClient
    deployment: Deployment
    name: str
    options: object
    folder: Callable[[], Path]
    """Where the target's files are, as they are put out."""
    layout: Callable[[], Layout]
    """The OCI layout that these files are, where that is what the target makes."""
    tagged: bool
    """Whether the image gets its name; one that is only tested gets none."""
    say: Callable[[str], None]
    """Takes a line of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An image in the engine."""

    image: str
    """Its id: sha256:..."""
    tag: str
    """The name that it has or would have, with a tag."""
    port: int
    """Where it listens, in the container."""
    container: str
    """What a container of it is called."""
    remove: bool
    """Whether the container goes when it has ended."""
    laid: Mapping[str, Path] = field(default_factory=dict)
    """Files of archives whose members are laid into folders of the container before it starts, by the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An image as deploy.yaml alone tells of it."""

    tag: str
    """The name that it is to have in the engine."""
    port: int
    """Where it listens, in the container."""
    builds: bool = False
    """Whether the target is a folder that the engine builds."""
    network: str = ""
    """The network of that build; empty for the engine's own."""
