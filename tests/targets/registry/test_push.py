"""Pushing to a real registry: what is sent, what is not, and what is told when it fails."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.schema.diagnostics import Diagnostic, UserError
from deployc.targets.registry.client import Client, client
from deployc.targets.registry.layout import Layout, path
from deployc.targets.registry.push import Shipment, digest_of, push
from deployc.targets.registry.reference import Reference

from ...containers.registry import PASSWORD, USER, Registry, served
from ...containers.relay import Relay, relayed
from ...containers.tokens import giving
from .images import layout

BASE, MODEL = os.urandom(1 << 20), os.urandom(3 << 20)
FIELD = ("targets", "oci")

pytestmark = pytest.mark.slow  # Debian's registry is installed for the slow lane


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    folder = tmp_path / "registry"
    folder.mkdir()
    with served(folder) as registry:
        yield registry


@pytest.fixture
def relay(registry: Registry) -> Iterator[Relay]:
    with relayed(registry.address) as relay:
        yield relay


@pytest.fixture
def image(tmp_path: Path) -> Layout:
    return layout(tmp_path / "image", BASE, MODEL)


def asking(address: str, environ: Mapping[str, str] | None = None) -> Client:
    """A client that pauses for no time."""
    found = client(Reference(registry=address, repository="a"), environ or {"DEPLOYC_REGISTRY_SECONDS": "1"}, at=FIELD)
    return replace(found, pause=lambda seconds: None)


def shipment(address: str, image: Layout, name: str = "team/churn", **more: Mapping[str, str]) -> Shipment:
    reference = Reference(registry=address, repository=name, tag="1")
    return Shipment(layout=image, image=image.entries[0], reference=reference, **more)


def pushed(address: str, what: Shipment, environ: Mapping[str, str] | None = None) -> list[str]:
    said: list[str] = []
    push(asking(address, environ), what, said.append)
    return said


def failure(address: str, what: Shipment, environ: Mapping[str, str] | None = None) -> Diagnostic:
    with pytest.raises(UserError) as error:
        pushed(address, what, environ)
    (found,) = error.value.diagnostics
    assert found.field == FIELD
    return found


def there(registry: Registry, name: str = "team/churn") -> str:
    """The digest that the tag names in the registry."""
    return digest_of(asking(registry.address), Reference(registry=registry.address, repository=name, tag="1"))


def test_what_is_pushed_is_what_another_tool_pulls(registry: Registry, image: Layout, tmp_path: Path) -> None:
    said = pushed(registry.address, shipment(registry.address, image))
    assert said[-1] == "3 blobs (4.2 MB) sent"
    assert there(registry) == image.entries[0].digest
    skopeo = shutil.which("skopeo")
    assert skopeo
    source, target = f"docker://{registry.address}/team/churn:1", tmp_path / "pulled"
    subprocess.run(
        [skopeo, "copy", "-q", "--preserve-digests", "--src-tls-verify=false", source, f"oci:{target}"], check=True
    )
    (pulled,) = json.loads((target / "index.json").read_text())["manifests"]
    assert pulled["digest"] == image.entries[0].digest


def test_only_what_is_missing_is_sent(registry: Registry, image: Layout, tmp_path: Path) -> None:
    pushed(registry.address, shipment(registry.address, image))
    assert pushed(registry.address, shipment(registry.address, image)) == []
    other = layout(tmp_path / "other", BASE, b"another model")
    said = pushed(registry.address, shipment(registry.address, other))
    assert said[-1] == "2 blobs (0.0 MB) sent; 1 blobs (1.0 MB) there already"


def test_layers_of_the_base_are_taken_from_its_repository(registry: Registry, image: Layout, tmp_path: Path) -> None:
    base = layout(tmp_path / "base", BASE)
    pushed(registry.address, shipment(registry.address, base, "library/base"))
    layer = base.document(base.entries[0]).manifest.layers[0].digest
    path(tmp_path / "image", layer).unlink()
    said = pushed(registry.address, shipment(registry.address, image, sources={layer: "library/base"}))
    assert "taken from other repositories" in said[-1]
    assert there(registry) == image.entries[0].digest


def test_an_index_goes_with_all_its_images(registry: Registry, tmp_path: Path) -> None:
    image = layout(tmp_path / "both", BASE, platforms=("linux/amd64", "linux/arm64"))
    pushed(registry.address, shipment(registry.address, image))
    assert there(registry) == image.entries[0].digest


def test_an_upload_that_is_cut_off_begins_anew(registry: Registry, relay: Relay, image: Layout) -> None:
    relay.cut, relay.cuts = 1 << 20, 2
    pushed(relay.address, shipment(relay.address, image))
    assert relay.cuts == 0
    assert there(registry) == image.entries[0].digest


def test_it_goes_on_where_the_registry_keeps_what_came(registry: Registry, relay: Relay, tmp_path: Path) -> None:
    image = layout(tmp_path / "one", MODEL)
    relay.cut, relay.cuts, relay.moved = 1 << 20, 2, {}
    pushed(relay.address, shipment(relay.address, image))
    assert there(registry) == image.entries[0].digest
    # one upload each of the config and of the layer, which was sent in three parts
    assert [sum(verb in line for line in relay.seen) for verb in ("POST", "PATCH")] == [2, 4]


def test_a_registry_that_always_cuts_off_gets_no_tag(registry: Registry, relay: Relay, image: Layout) -> None:
    relay.cut, relay.cuts = 1 << 20, 1000
    assert failure(relay.address, shipment(relay.address, image)).code == "registry-unreachable"
    assert there(registry) == ""
    relay.cuts, before = 0, len(relay.seen)
    said = pushed(relay.address, shipment(relay.address, image))
    assert "there already" in said[-1], "what came through is not sent again"
    assert there(registry) == image.entries[0].digest
    assert any(path.startswith("HEAD") for path in relay.seen[before:])


def test_a_registry_that_changes_what_it_gets_is_caught(registry: Registry, relay: Relay, image: Layout) -> None:
    relay.changed = {"Docker-Content-Digest": f"sha256:{'0' * 64}"}
    assert failure(relay.address, shipment(relay.address, image)).code == "registry-digest"
    assert there(registry) == ""


def test_a_registry_that_is_down(image: Layout) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    found = failure(address, shipment(address, image))
    assert (found.code, address in found.message) == ("registry-unreachable", True)


def test_a_registry_that_does_not_answer(relay: Relay, image: Layout) -> None:
    relay.silent = threading.Event()
    found = failure(relay.address, shipment(relay.address, image), {"DEPLOYC_REGISTRY_SECONDS": "0.2"})
    assert (found.code, "in time" in found.message) == ("registry-unreachable", True)


def test_a_registry_that_is_out_of_order(relay: Relay, image: Layout) -> None:
    relay.status = 503
    found = failure(relay.address, shipment(relay.address, image))
    assert (found.code, "503" in found.message) == ("registry-unreachable", True)


def test_a_registry_on_this_machine_is_asked_past_any_proxy(
    registry: Registry, image: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    pushed(registry.address, shipment(registry.address, image))
    assert there(registry) == image.entries[0].digest


def test_a_registry_need_not_say_the_digest_of_what_it_has(registry: Registry, relay: Relay, image: Layout) -> None:
    sent = shipment(registry.address, image)
    push(asking(registry.address), sent, print)
    relay.changed = {"Docker-Content-Digest": ""}
    there = replace(sent.reference, registry=relay.address)
    assert digest_of(asking(relay.address), there) == sent.image.digest
    assert digest_of(asking(relay.address), replace(there, tag="2")) == ""


def test_logins(image: Layout, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    with served(tmp_path / "private", private=True) as registry:
        what = shipment(registry.address, image)
        found = failure(registry.address, what, {})
        assert (found.code, "wants a login" in found.message) == ("registry-auth", True)
        found = failure(registry.address, what, logged_in(tmp_path, registry, "wrong horse"))
        assert (found.code, f"refuses the login of {USER}" in found.message) == ("registry-auth", True)
        assert "wrong horse" not in str(found)
        environ = logged_in(tmp_path, registry, PASSWORD)
        assert pushed(registry.address, what, environ)[-1] == "3 blobs (4.2 MB) sent"


def test_tokens(image: Layout, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    with giving(tmp_path, USER, PASSWORD) as tokens, served(tmp_path / "private", tokens=tokens) as registry:
        what = shipment(registry.address, image)
        assert failure(registry.address, what, {}).code == "registry-auth"
        found = failure(registry.address, what, logged_in(tmp_path, registry, "wrong horse"))
        assert (found.code, f"refuses the login of {USER}" in found.message) == ("registry-auth", True)
        environ = logged_in(tmp_path, registry, PASSWORD)
        assert pushed(registry.address, what, environ)[-1] == "3 blobs (4.2 MB) sent"
        other = shipment(registry.address, image, "other", sources=dict.fromkeys(layers(image), "team/churn"))
        assert "2 blobs (4.2 MB) taken from other repositories" in pushed(registry.address, other, environ)[-1]
        assert {"repository:other:pull,push", "repository:team/churn:pull"} <= set(tokens.scopes)


def layers(image: Layout) -> list[str]:
    return [layer.digest for layer in image.document(image.entries[0]).manifest.layers]


def logged_in(folder: Path, registry: Registry, password: str) -> dict[str, str]:
    entry = {"auth": b64encode(f"{USER}:{password}".encode()).decode()}
    (folder / "config.json").write_text(json.dumps({"auths": {registry.address: entry}}))
    return {"DOCKER_CONFIG": str(folder)}
