"""A base from a real registry: its digest in deploy.lock, its bytes in the cache, offline from then on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.events import Event
from deployc.compiler.execute import Outcome, Settings, execute
from deployc.compiler.files import Sources
from deployc.compiler.plan import Plan
from deployc.compiler.stat_cache import StatCache
from deployc.compiler.store import Store
from deployc.compiler.tree import Tree
from deployc.schema.lockfile import BaseImage
from deployc.targets.registry import bases
from deployc.targets.registry.bases import Wanted
from deployc.targets.registry.layout import Layout

from ...containers.registry import Registry, served
from ...containers.relay import relayed
from .images import layout
from .test_push import pushed, shipment

LAYER = os.urandom(1 << 20)
BOTH = ("linux/amd64", "linux/arm64")

pytestmark = pytest.mark.slow  # Debian's registry is installed for the slow lane


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    with served(folder) as registry:
        yield registry


def offered(registry: Registry, folder: Path, layer: bytes = LAYER, platforms: tuple[str, ...] = BOTH) -> Layout:
    """An image that the registry has as python:1."""
    image = layout(folder, layer, platforms=platforms)
    pushed(registry.address, shipment(registry.address, image, "python"))
    return image


def asked(address: str, **said: object) -> Wanted:
    wanted = Wanted(
        target="oci",
        text=f"{address}/python:1",
        platforms=("linux/amd64",),
        insecure=False,
        environ={"DEPLOYC_REGISTRY_SECONDS": "2"},
        previous=None,
        locked=False,
        file_name="deploy.yaml",
        offline=False,
        moves=False,
    )
    return replace(wanted, **said)  # type: ignore[arg-type]  # a test says only what it is about


def executed(root: Path, wanted: Wanted, notes: list[str] | None = None) -> Outcome:
    def observe(event: Event) -> None:
        if event.kind == "note" and notes is not None:
            notes.append(event.line)

    sources = Sources(root, StatCache({}))
    settings = Settings(store=Store(root / "cache"), sources=sources, last={}, observe=observe)
    return execute(Plan.of(bases.nodes(wanted)[0]), settings)


def built_on(root: Path, wanted: Wanted) -> Tree:
    outcome = executed(root, wanted)
    assert outcome.failures == {}
    return outcome.trees["base-oci"]


def failure(root: Path, wanted: Wanted) -> str:
    (found,) = [d for each in executed(root, wanted).failures.values() for d in each]
    assert found.field == ("targets", "oci", "base")
    return found.code


def test_a_tag_is_resolved_told_and_kept(registry: Registry, tmp_path: Path) -> None:
    image, notes = offered(registry, tmp_path / "image"), list[str]()
    outcome = executed(tmp_path, asked(registry.address), notes)
    digest = image.entries[0].digest
    kept = bases.base_of(Store(tmp_path / "cache").cas, outcome.trees["lock-base-oci"])
    assert kept == BaseImage(reference=f"{registry.address}/python:1", digest=digest)
    assert notes == [f"{registry.address}/python:1 is {digest}"]


def test_what_comes_is_a_layout_of_the_platform_s_image_alone(registry: Registry, tmp_path: Path) -> None:
    image = offered(registry, tmp_path / "image")
    tree, cas = built_on(tmp_path, asked(registry.address)), Store(tmp_path / "cache").cas
    found = Layout.of_tree(cas, tree)
    wanted = image.document(image.entries[0]).manifest.manifests
    assert [entry.digest for entry in found.entries] == [entry.digest for entry in wanted if "amd64" in entry.platform]
    blobs = found.document(found.entries[0]).manifest.blobs
    assert {f"blobs/sha256/{part.hex}" for part in (*blobs, *found.entries)} == {
        entry.path for entry in tree if entry.path.startswith("blobs/")
    }
    assert cas.get(tree[f"blobs/sha256/{blobs[-1].hex}"].digest) == LAYER
    both = built_on(tmp_path, asked(registry.address, platforms=BOTH))
    assert len(json.loads(cas.text(both, "index.json"))["manifests"]) == 2


def test_a_tag_that_moves_changes_nothing_before_it_is_asked_for(registry: Registry, tmp_path: Path) -> None:
    first = offered(registry, tmp_path / "image").entries[0].digest
    second = offered(registry, tmp_path / "other", b"newer").entries[0].digest
    before = BaseImage(reference=f"{registry.address}/python:1", digest=first)
    cas, notes = Store(tmp_path / "cache").cas, list[str]()
    tree = executed(tmp_path, asked(registry.address, previous=before, locked=True)).trees["lock-base-oci"]
    assert bases.base_of(cas, tree).digest == first
    moved = executed(tmp_path, asked(registry.address, previous=before, moves=True), notes)
    assert bases.base_of(cas, moved.trees["lock-base-oci"]).digest == second
    assert notes == [f"{registry.address}/python:1 is {second}, was {first}"]


def test_what_is_in_the_cache_needs_no_registry(registry: Registry, tmp_path: Path) -> None:
    digest = offered(registry, tmp_path / "image").entries[0].digest
    fixed = f"{registry.address}/python@{digest}"
    assert failure(tmp_path, asked(registry.address, text=fixed, offline=True)) == "offline-miss"
    before = built_on(tmp_path, asked(registry.address, text=fixed))
    with relayed(registry.address) as nobody:
        down = asked(nobody.address, text=f"{nobody.address}/python@{digest}", offline=True)
    assert built_on(tmp_path, down) == before


def test_what_is_not_there_or_stale_is_told(registry: Registry, tmp_path: Path) -> None:
    assert failure(tmp_path, asked(registry.address, text=f"{registry.address}/nothing:1")) == "no-image"
    assert failure(tmp_path, asked(registry.address, locked=True)) == "lock-stale"
    assert failure(tmp_path, asked(registry.address, offline=True)) == "offline-miss"
    offered(registry, tmp_path / "image")
    assert failure(tmp_path, asked(registry.address, platforms=("linux/s390x",))) == "bad-base"


def test_bytes_that_are_not_what_a_digest_says_are_not_used(registry: Registry, tmp_path: Path) -> None:
    offered(registry, tmp_path / "image")
    with relayed(registry.address) as relay:
        relay.body = lambda data: data[:-1] + b"x" if data[:1000] == LAYER[:1000] else data
        assert failure(tmp_path, asked(relay.address)) == "registry-digest"
        relay.body = lambda data: data.replace(b"schemaVersion", b"schemaVersi0n")
        assert failure(tmp_path / "anew", asked(relay.address)) == "registry-digest"
        relay.body = lambda data: data
        built_on(tmp_path, asked(relay.address))
