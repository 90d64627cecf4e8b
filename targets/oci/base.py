"""The image that another is built on, as it lies in an OCI layout: its layers, and its config."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...compiler.cas import Cas
from ...compiler.digest import Digest
from ...compiler.tree import Tree
from ...schema.diagnostics import Field, UserError, fail
from .compression import MEDIA_TYPE, Compression
from .layers import BLOBS, Layer
from .platforms import Platform, architecture

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
COMPRESSION: Mapping[str, Compression] = {
    **{media: how for how, media in MEDIA_TYPE.items()},
    "application/vnd.docker.image.rootfs.diff.tar": "none",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "gzip",
}
DEPTH = 4
"""Indexes below indexes that are followed."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One step of how an image was made; one that is empty made no layer."""

    created_by: str
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An image for one platform. Its layers have OCI's media types, whatever they had where it came from."""

    digest: Digest
    """Of its manifest."""
    layers: tuple[Layer, ...]
    history: tuple[History, ...]
    variant: str = ""
    """Of the architecture, such as "v8"."""
    environ: tuple[str, ...] = ()
    """NAME=VALUE each."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> tuple[str, ...]:
        """The folders of its PATH."""
        found = [entry.partition("=")[2] for entry in self.environ if entry.startswith("PATH=")]
        return tuple(found[-1].split(":")) if found else ("/usr/local/bin", "/usr/bin", "/bin")


def read(cas: Cas, tree: Tree, platform: Platform, at: Field) -> Base:
    """The image for `platform` in an OCI layout with all its layers; UserError `bad-base` where it is none."""
    layout = _Layout(cas, tree, at)
    described = layout.manifest(platform)
    manifest = layout.json(described)
    config = layout.json(layout.mapping(manifest, "config"))
    if config.get("architecture", architecture(platform)) != architecture(platform):
        raise layout.wrong(f"it is an image for {config['architecture']}, not for {architecture(platform)}")
    settings = config.get("config") or {}
    layers = tuple(layout.layers(manifest, config))
    return Base(
        digest=layout.digest(described),
        layers=layers,
        history=_history(config, len(layers)),
        variant=str(config.get("variant", "")),
        environ=tuple(map(str, layout.items(settings, "Env"))),
        labels={str(k): str(v) for k, v in layout.mapping(settings, "Labels", optional=True).items()},
    )


@dataclass(frozen=True, slots=True)
class _Layout:
    """A layout that may hold anything, since somebody else made it."""

    cas: Cas
    tree: Tree
    at: Field

    def manifest(self, platform: Platform) -> Json:
        """The descriptor of the manifest for a platform."""
        if "index.json" not in self.tree:
            raise self.wrong("it has no index.json, so it is no OCI layout")
        found = list(self._manifests(self._parsed("index.json"), DEPTH))
        fitting = [entry for entry in found if _fits(entry, platform)]
        if not fitting:
            known = sorted({_platform(entry) for entry in found} - {""})
            raise self.wrong(f"it has no image for {platform}", f"it has: {', '.join(known)}" if known else "")
        if len(fitting) > 1:
            raise self.wrong(f"it has {len(fitting)} images for {platform}", "leave one in it")
        return fitting[0]

    def layers(self, manifest: Json, config: Json) -> Iterator[Layer]:
        described = self.items(manifest, "layers")
        diff_ids = self.items(self.mapping(config, "rootfs"), "diff_ids")
        if len(described) != len(diff_ids):
            raise self.wrong(f"its manifest has {len(described)} layers, and its config {len(diff_ids)}")
        for layer, diff_id in zip(described, diff_ids, strict=True):
            how = COMPRESSION.get(str(layer.get("mediaType"))) if isinstance(layer, dict) else None
            if not isinstance(layer, dict) or how is None:
                raise self.wrong(f"it has a layer of a kind that is unknown here: {layer}")
            digest = self.digest(layer)
            yield Layer(
                digest=digest,
                size=self.tree[f"{BLOBS}/{digest}"].size,
                diff_id=Digest(str(diff_id).removeprefix("sha256:")),
                media_type=MEDIA_TYPE[how],
                created_by="",
            )

    def json(self, described: Json) -> Json:
        return self._parsed(f"{BLOBS}/{self.digest(described)}")

    def digest(self, described: Json) -> Digest:
        """The digest in a descriptor, whose blob is there and is what it says."""
        digest = str(described.get("digest")).removeprefix("sha256:")
        path = f"{BLOBS}/{digest}"
        if path not in self.tree:
            raise self.wrong(f"the blob {described.get('digest')} is not in it")
        if self.tree[path].digest != digest:
            raise self.wrong(f"the blob sha256:{digest} has other bytes than its name says")
        return Digest(digest)

    def mapping(self, value: object, key: str, *, optional: bool = False) -> Json:
        found = value.get(key) if isinstance(value, dict) else None
        if found is None and optional:
            return {}
        if not isinstance(found, dict):
            raise self.wrong(f"there is no `{key}` where one belongs")
        return found

    def items(self, value: object, key: str) -> list[object]:
        found = value.get(key) if isinstance(value, dict) else None
        if not isinstance(found, list | None):
            raise self.wrong(f"`{key}` is no list")
        return found or []

    def wrong(self, why: str, help: str = "") -> UserError:
        return fail("bad-base", f"this is no base for the image: {why}", field=self.at, help=help)

    def _manifests(self, index: Json, depth: int) -> Iterator[Json]:
        for entry in self.items(index, "manifests"):
            if isinstance(entry, dict) and entry.get("mediaType") in INDEXES and depth:
                yield from self._manifests(self.json(entry), depth - 1)
            elif isinstance(entry, dict) and entry.get("mediaType") in MANIFESTS:
                yield entry

    def _parsed(self, path: str) -> Json:
        try:
            found = json.loads(self.cas.text(self.tree, path))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self.wrong(f"{path} is no JSON object")
        return found


def _fits(described: Json, platform: Platform) -> bool:
    """Where a descriptor does not say what it is for, its config has to."""
    return _platform(described) in ("", platform)


def _platform(described: Json) -> str:
    found = described.get("platform")
    return f"{found.get('os')}/{found.get('architecture')}" if isinstance(found, dict) else ""


def _history(config: Json, layers: int) -> tuple[History, ...]:
    """The history that the config tells, where it tells of as many layers as there are."""
    told = config.get("history")
    steps = [step for step in told if isinstance(step, dict)] if isinstance(told, list) else []
    found = [History(created_by=str(s.get("created_by", "")), empty=bool(s.get("empty_layer"))) for s in steps]
    if sum(not step.empty for step in found) != layers:
        return (History(created_by="the base"),) * layers
    return tuple(found)
