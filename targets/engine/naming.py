"""Giving a name to an image in the engine."""

from __future__ import annotations

from docker import DockerClient
from docker.utils import parse_repository_tag


def name(engine: DockerClient, image: str, tag: str) -> None:
    """Let `tag`, whose own tag is "latest" where it has none, name the image from now on; nothing where it is empty."""
    if tag:
        repository, version = parse_repository_tag(tag)
        engine.images.get(image).tag(repository, version or "latest")
