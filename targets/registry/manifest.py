"""Image manifests and indexes as values: what they say of their parts, read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = (INDEX, DOCKER_INDEX)
MANIFESTS = (MANIFEST, DOCKER_MANIFEST)

LARGEST = 4 << 20
"""Bytes of a manifest that every registry takes, says the OCI's distribution specification."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """One part: what it is, its digest with the algorithm before it, its length in bytes."""

    media_type: str
    digest: str
    size: int
    platform: str = ""
    """Operating system, processor and its variant, such as linux/arm64/v8; of an index's entries only."""
    artifact_type: str = ""
    """Of a list of referrers' entries only."""
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def hex(self) -> str:
        return self.digest.removeprefix("sha256:")

    @property
    def json(self) -> dict[str, object]:
        """How another manifest names it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An image manifest, which has a config and layers, or an index, which has manifests."""

    media_type: str
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()
    subject: str = ""
    """The digest of what it tells of, where it is a referrer."""
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        return ((self.config,) if self.config else ()) + self.layers


def read(data: bytes, media_type: str = "") -> Manifest:
    """The manifest that these bytes are, of the type that it says itself, or else of `media_type`.

    ValueError where it is none, such as a version 1 of Docker's.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("the manifest is not JSON") from None
    if not isinstance(found, dict) or found.get("schemaVersion") != 2:
        raise ValueError("the manifest is not of version 2")
    kind = str(found.get("mediaType") or media_type or (INDEX if "manifests" in found else MANIFEST))
    if kind not in (*INDEXES, *MANIFESTS):
        raise ValueError(f"a manifest of the type {kind!r} is no image's")
    whole = kind in MANIFESTS
    subject = found.get("subject")
    return Manifest(
        media_type=kind,
        config=_descriptor(found.get("config")) if whole else None,
        layers=_descriptors(found.get("layers")) if whole else (),
        manifests=() if whole else _descriptors(found.get("manifests")),
        subject=_descriptor(subject).digest if subject else "",
        artifact_type=str(found.get("artifactType", "")),
        annotations=_texts(found.get("annotations")),
    )


def _descriptors(found: object) -> tuple[Descriptor, ...]:
    if not isinstance(found, list):
        raise ValueError("the manifest lists no parts")
    return tuple(_descriptor(each) for each in found)


def _descriptor(found: object) -> Descriptor:
    if not isinstance(found, dict):
        raise ValueError("a part of the manifest is no mapping")
    digest, size = found.get("digest"), found.get("size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ValueError(f"{str(digest)[:80]!r} is no sha256 digest")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(f"the part {digest} has no length")
    return Descriptor(
        media_type=str(found.get("mediaType", "")),
        digest=digest,
        size=size,
        platform=_platform(found.get("platform")),
        artifact_type=str(found.get("artifactType", "")),
        annotations=_texts(found.get("annotations")),
    )


def _platform(found: object) -> str:
    parts = cast(Mapping[str, object], found) if isinstance(found, dict) else {}
    return "/".join(str(parts[key]) for key in ("os", "architecture", "variant") if parts.get(key))


def _texts(found: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
