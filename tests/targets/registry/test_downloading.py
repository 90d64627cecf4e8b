"""Layers that are downloaded to be verified, from a real registry and through what lies about them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard
from deployc.schema.diagnostics import Diagnostic, UserError
from deployc.targets.registry.downloading import Downloaded, download
from deployc.targets.registry.layout import Layout
from deployc.targets.registry.manifest import INDEX, MANIFEST
from deployc.targets.registry.push import push

from ...containers.registry import Registry
from ...containers.relay import relayed
from .images import CONFIG, LAYER, blob, layout
from .test_push import asking, registry, shipment

__all__ = ["registry"]
pytestmark = pytest.mark.slow  # Debian's registry is installed for the slow lane

FILES = os.urandom(3 << 20)
PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    LAYER: bytes,
    f"{LAYER}+gzip": gzip.compress,
    f"{LAYER}+zstd": zstandard.compress,
}


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that a registry has."""

    layout: Layout

    @classmethod
    def put(cls, registry: Registry, image: Layout) -> Image:
        push(asking(registry.address), shipment(registry.address, image), lambda line: None)
        return cls(layout=image)

    def downloaded(self, address: str) -> Downloaded:
        reference = shipment(address, self.layout).reference.at(self.layout.entries[0].digest)
        return download(asking(address), reference, self.layout.documents(self.layout.entries[0]), lambda line: None)

    def refused(self, address: str) -> Diagnostic:
        with pytest.raises(UserError) as raised:
            self.downloaded(address)
        [told] = raised.value.diagnostics
        return told


def packed(folder: Path, media: str, data: bytes, *diff_ids: bytes) -> Layout:
    """An image of one layer, whose config means the files `diff_ids`."""
    (folder / "blobs/sha256").mkdir(parents=True)
    said = [f"sha256:{hashlib.sha256(files).hexdigest()}" for files in diff_ids]
    config = blob(folder, json.dumps({"rootfs": {"type": "layers", "diff_ids": said}}).encode(), CONFIG)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [blob(folder, data, media)]}
    entry = blob(folder, json.dumps(manifest).encode(), MANIFEST)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}))
    return Layout.of_folder(folder)


def test_each_layer_of_each_platform_is_downloaded_once(registry: Registry, tmp_path: Path) -> None:
    both = layout(tmp_path / "image", FILES, b"small", platforms=("linux/amd64", "linux/arm64"))
    assert Image.put(registry, both).downloaded(registry.address) == Downloaded(layers=2, size=len(FILES) + 5)


@pytest.mark.parametrize("media", PACKED)
def test_a_layer_holds_the_files_that_the_config_means(media: str, registry: Registry, tmp_path: Path) -> None:
    data = PACKED[media](FILES)
    image = Image.put(registry, packed(tmp_path / "image", media, data, FILES))
    assert image.downloaded(registry.address) == Downloaded(layers=1, size=len(data))


@pytest.mark.parametrize("media", PACKED)
def test_other_files_than_the_config_means_are_told(media: str, registry: Registry, tmp_path: Path) -> None:
    other = Image.put(registry, packed(tmp_path / "other", media, PACKED[media](FILES), b"others"))
    told = other.refused(registry.address)
    assert told.code == "not-verified"
    assert "holds other files than its config means" in told.message


def test_a_layer_that_is_not_compressed_as_it_says_is_told(registry: Registry, tmp_path: Path) -> None:
    image = Image.put(registry, packed(tmp_path / "image", f"{LAYER}+gzip", FILES, FILES))
    assert "holds other files" in image.refused(registry.address).message


def test_a_config_that_tells_of_another_number_of_layers_is_told(registry: Registry, tmp_path: Path) -> None:
    image = Image.put(registry, packed(tmp_path / "image", LAYER, FILES))
    assert "it has 1 layers, and its config tells of 0" in image.refused(registry.address).message


@pytest.mark.parametrize("change", [lambda d: d[:-1] + b"x", lambda d: d[:-1], lambda d: d + b"x", lambda d: b""])
def test_a_registry_that_lies_is_told(change: Callable[[bytes], bytes], registry: Registry, tmp_path: Path) -> None:
    image = Image.put(registry, layout(tmp_path / "image", FILES))
    with relayed(registry.address) as relay:
        relay.body = lambda data: change(data) if data[:1000] == FILES[:1000] else data
        told = image.refused(relay.address)
    assert told.code == "registry-digest"
    assert hashlib.sha256(FILES).hexdigest() in told.message


@pytest.mark.parametrize("here", [1 << 20, len(FILES) - 1, len(FILES)])
def test_a_download_that_is_cut_off_goes_on(here: int, registry: Registry, tmp_path: Path) -> None:
    image = Image.put(registry, layout(tmp_path / "image", FILES))
    with relayed(registry.address) as relay:
        relay.dropped = here
        assert image.downloaded(relay.address).size == len(FILES)
        asked = [line for line in relay.seen if hashlib.sha256(FILES).hexdigest() in line]
    assert len(asked) == (1 if here == len(FILES) else 2)
