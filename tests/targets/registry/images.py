"""Small images as OCI layouts, made of bytes: registries do not look into layers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from deployc.targets.registry.layout import Layout
from deployc.targets.registry.manifest import INDEX, MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def layout(folder: Path, *layers: bytes, platforms: Iterable[str] = ("linux/amd64",)) -> Layout:
    """A layout of one image of these layers; with several platforms, of an index of as many images."""
    (folder / "blobs/sha256").mkdir(parents=True)
    entries = []
    for platform in platforms:
        system, processor = platform.split("/")
        diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
        rootfs = {"type": "layers", "diff_ids": diff_ids}
        told = {"os": system, "architecture": processor, "rootfs": rootfs}
        config = blob(folder, json.dumps(told).encode(), CONFIG)
        parts = [blob(folder, layer, LAYER) for layer in layers]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": parts}
        found = blob(folder, json.dumps(manifest).encode(), MANIFEST)
        entries.append({**found, "platform": {"os": system, "architecture": processor}})
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    if len(entries) > 1:
        index = json.dumps({"schemaVersion": 2, "manifests": [blob(folder, index, INDEX)]}).encode()
    (folder / "index.json").write_bytes(index)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return Layout.of_folder(folder)


def blob(folder: Path, data: bytes, media: str) -> dict[str, object]:
    """Write a blob into a layout; its descriptor."""
    digest = hashlib.sha256(data).hexdigest()
    (folder / "blobs/sha256" / digest).write_bytes(data)
    return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}
