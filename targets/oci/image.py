"""An image as an OCI layout: config, manifest, and an index of several platforms; the same bytes everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...compiler.cas import Cas
from ...compiler.digest import Digest
from ...compiler.tree import Entry, Tree
from ...schema.diagnostics import Field, fail
from .base import Base, History
from .layers import BLOBS, Layer, blobs
from .platforms import Platform, architecture

CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CREATED = "1970-01-01T00:00:00Z"
"""The same for all images, as their bytes say what they are and not when they were made."""
BASE_DIGEST, BASE_NAME = "org.opencontainers.image.base.digest", "org.opencontainers.image.base.name"
MOST_LAYERS = 127
"""An engine mounts no more of them over one another."""
SECOND = 10**9
"""In nanoseconds, which a health check counts in."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a container of the image runs."""

    entrypoint: Sequence[str] = ()
    """Empty where whoever runs it says the command."""
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: str
    port: int | None = None
    """Where it listens, if it does."""
    user: str
    """A user and a group, as numbers: an engine can tell that they are not root's."""
    health: Sequence[str] = ()
    """A command that succeeds when the service is ready, if there is one."""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image for one platform: its base, and the layers on it."""

    platform: Platform
    base: Base
    base_name: str
    layers: tuple[Layer, ...]
    settings: Settings

    @property
    def config(self) -> Json:
        """The image's config, by which an engine runs it."""
        added = [History(created_by=layer.created_by) for layer in self.layers]
        variant = {"variant": self.base.variant} if self.base.variant else {}
        return {
            "created": CREATED,
            "architecture": architecture(self.platform),
            **variant,
            "os": "linux",
            "config": _settings(self.settings, self.base),
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.diff_id}" for layer in self.whole]},
            "history": [_step(step) for step in (*self.base.history, *added)],
        }

    def check(self, at: Field) -> None:
        """UserError `unfit-base` where no engine could put so many layers on one another."""
        if len(self.whole) > MOST_LAYERS:
            text = f"the base has {len(self.base.layers)} layers, and the service {len(self.layers)}"
            hint = f"an engine takes {MOST_LAYERS} in all: take a base that has been squashed"
            raise fail("unfit-base", text, field=at, help=hint)

    def described(self, cas: Cas) -> Entry:
        """The blob of the config, which is what Docker calls the image's id."""
        return _blob(cas, self.config)

    def manifest(self, config: Entry) -> Json:
        """The image's manifest, given its config's blob."""
        return {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(CONFIG, config.digest, config.size),
            "layers": [_descriptor(layer.media_type, layer.digest, layer.size) for layer in self.whole],
            "annotations": {
                BASE_DIGEST: f"sha256:{self.base.digest}",
                **({BASE_NAME: self.base_name} if self.base_name else {}),
            },
        }

    @property
    def blobs(self) -> Tree:
        """All layers, the base's too, as they lie in a layout."""
        return blobs(self.whole)

    @property
    def whole(self) -> tuple[Layer, ...]:
        """All layers, the base's first."""
        return (*self.base.layers, *self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A whole OCI layout, and the digest of what a puller pins."""

    tree: Tree
    digest: Digest


def layout(cas: Cas, images: Sequence[Image], tag: str) -> Layout:
    """The layout of one image, or of an index of one for each platform; `tag` is its name there, or empty."""
    found = Tree()
    described = []
    for image in images:
        config = image.described(cas)
        manifest = _blob(cas, image.manifest(config))
        found |= image.blobs | _placed(config) | _placed(manifest)
        platform = {"architecture": architecture(image.platform), "os": "linux"}
        platform |= {"variant": image.base.variant} if image.base.variant else {}
        described.append({**_descriptor(MANIFEST, manifest.digest, manifest.size), "platform": platform})
    top = described[0]
    if len(images) > 1:
        index = _blob(cas, {"schemaVersion": 2, "mediaType": INDEX, "manifests": described})
        found |= _placed(index)
        top = _descriptor(INDEX, index.digest, index.size)
    named = {**top, **({"annotations": {"org.opencontainers.image.ref.name": tag}} if tag else {})}
    texts = {
        "oci-layout": _text({"imageLayoutVersion": "1.0.0"}),
        "index.json": _text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]}),
    }
    return Layout(tree=found | cas.put_texts(texts), digest=Digest(str(top["digest"]).removeprefix("sha256:")))


def _settings(settings: Settings, base: Base) -> Json:
    before = dict(entry.partition("=")[::2] for entry in base.environ)
    return {
        "User": settings.user,
        **({"ExposedPorts": {f"{settings.port}/tcp": {}}} if settings.port else {}),
        "Env": [f"{name}={value}" for name, value in {**before, **settings.environ}.items()],
        **({"Entrypoint": list(settings.entrypoint)} if settings.entrypoint else {}),
        "WorkingDir": settings.folder,
        "Labels": dict(sorted({**base.labels, **settings.labels}.items())),
        "StopSignal": "SIGTERM",
        # not OCI's, but Docker's: others ignore it
        **({"Healthcheck": _health(settings.health)} if settings.health else {}),
    }


def _health(command: Sequence[str]) -> Json:
    times = {"Interval": 10 * SECOND, "Timeout": 5 * SECOND, "StartPeriod": 60 * SECOND}
    return {"Test": ["CMD", *command], **times}


def _step(step: History) -> Json:
    return {"created_by": step.created_by, **({"empty_layer": True} if step.empty else {})}


def _descriptor(media_type: str, digest: Digest, size: int) -> Json:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _blob(cas: Cas, value: Json) -> Entry:
    data = _text(value).encode()
    return Entry(path="", digest=cas.put_bytes(data), size=len(data))


def _placed(blob: Entry) -> Tree:
    return Tree((Entry(path=f"{BLOBS}/{blob.digest}", digest=blob.digest, size=blob.size),))


def _text(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))
