"""Downloads the layers of an image and holds them to their digests; nothing of them is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ...schema.diagnostics import UserError, fail
from ..oci.base import COMPRESSION
from ..oci.compression import plain
from . import refusals
from .client import Client
from .layout import Document
from .manifest import Descriptor
from .progress import Progress
from .pull import pieces, small
from .reference import Reference
from .transfers import GoOn, each

CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
"""What the config of an image is, other than of what else registries keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """How much was downloaded."""

    layers: int
    size: int
    """In bytes, as they were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    what: Descriptor
    unpacked: str
    """The digest of its archive before that was compressed, as the config says it; empty where there is none."""


def download(client: Client, found: Reference, images: Iterable[Document], say: Callable[[str], None]) -> Downloaded:
    """Read every layer of the images; `say` takes progress.

    UserError `registry-digest` where one is not what its digest says, `not-verified` where its files are not those that
    the image's config means, `registry-*`.
    """
    every = (layer for image in images for layer in _layers(client, found, image))
    layers = {(layer.what.digest, layer.unpacked): layer for layer in every}.values()
    size = sum(layer.what.size for layer in layers)
    longest_first = sorted(layers, key=lambda layer: -layer.what.size)
    each(partial(_check, client, found, Progress(total=size, say=say)), longest_first)
    return Downloaded(layers=len(layers), size=size)


def _check(client: Client, found: Reference, progress: Progress, layer: _Layer, go_on: GoOn) -> None:
    """Read one layer once, for both of its digests."""
    what, sent, size = layer.what, hashlib.sha256(), 0

    def told() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces(client, found.repository, what):
            go_on()
            sent.update(piece)
            size += len(piece)
            progress.told(what.digest, size)
            yield piece

    unpacked = _unpacked(told(), what.media_type)
    if (sent.hexdigest(), size) != (what.hex, what.size):
        raise refusals.lies(client.registry, what.digest, client.at)
    if layer.unpacked and unpacked != layer.unpacked:
        raise _not(client, found, f"its layer {what.digest} holds other files than its config means")


def _layers(client: Client, found: Reference, image: Document) -> Iterator[_Layer]:
    """The layers of one image, each with what its config says of it."""
    layers, config = image.manifest.layers, image.manifest.config
    if config is None or config.media_type not in CONFIGS:
        yield from (_Layer(what=what, unpacked="") for what in layers)
        return
    said = _diff_ids(small(client, found.repository, config))
    if len(said) != len(layers):
        raise _not(client, found, f"it has {len(layers)} layers, and its config tells of {len(said)}")
    for what, unpacked in zip(layers, said, strict=True):
        yield _Layer(what=what, unpacked=unpacked if what.media_type in COMPRESSION else "")


def _diff_ids(config: bytes) -> list[str]:
    try:
        found = json.loads(config)["rootfs"]["diff_ids"]
    except (ValueError, RecursionError, LookupError, TypeError):
        found = None
    return [str(each) for each in found] if isinstance(found, list) else []


def _unpacked(data: Iterator[bytes], media_type: str) -> str:
    """The digest of what was compressed, empty where that cannot be told; all of `data` is read."""
    digest, told = hashlib.sha256(), True
    try:
        for piece in plain(data, COMPRESSION.get(media_type, "none")):
            digest.update(piece)
    except ValueError:
        told = False
    for _ in data:
        pass
    return f"sha256:{digest.hexdigest()}" if told else ""


def _not(client: Client, found: Reference, why: str) -> UserError:
    return fail("not-verified", f"{found} is not what it should be: {why}", field=client.at)
