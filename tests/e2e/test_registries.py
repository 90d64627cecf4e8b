"""Images and registries: built on what one has, published to it with what is told of them, verified, moved on."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ..containers import base
from ..containers.registry import Registry, served
from ..targets.oci import layouts
from .conftest import GIVEN, PYTHON
from .project import Project


@dataclass(frozen=True, kw_only=True)
class Published:
    """A folder whose image is to be built on one of the registry, and published there."""

    project: Project
    registry: Registry

    @property
    def name(self) -> str:
        return f"{self.registry.address}/team/penguins:1"

    def put(self, layout: Path) -> None:
        """Make the tag of the base name another image."""
        target = f"docker://{self.registry.address}/library/base:1"
        command = ["skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}", target]
        subprocess.run(command, check=True)

    def digest(self) -> str:
        told = json.loads((self.project / "build/oci/image.json").read_text(encoding="utf-8"))
        return str(told["digest"])

    def there(self) -> str:
        """What the registry has under the image's name, as another tool sees it."""
        command = ["skopeo", "inspect", "--tls-verify=false", f"docker://{self.name}"]
        told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        return str(told["Digest"])


@pytest.fixture
def world(given: Project, tmp_path: Path) -> Iterator[Published]:
    if shutil.which("skopeo") is None:
        pytest.skip("there is no skopeo here: apt-get install skopeo")
    if PYTHON != base.PYTHON:
        pytest.skip(f"the base of tests has Python {base.PYTHON}")
    (tmp_path / "registry").mkdir()
    with served(tmp_path / "registry") as registry:
        found = Published(project=given, registry=registry)
        found.put(base.layout())
        image = f"{{base: {registry.address}/library/base:1, reference: {found.name}}}"
        text = f"targets: {{oci: {image}}}\nserve: {{optimize: off}}\n"
        given.write("deploy.yaml", GIVEN.partition("targets:")[0] + text)
        yield found


def keys(folder: Path) -> tuple[str, str]:
    """The files of a new private key and its public one."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / "key.pem", folder / "cosign.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(private), str(public)


def test_names_that_the_oci_forbids_are_told_at_their_lines(given: Project) -> None:
    targets = "targets:\n  oci: {base: Python:3, reference: ghcr.io/a@sha256:12}\n"
    targets += f"  cpu: {{kind: oci, reference: a@sha256:{'0' * 64}}}\n"
    given.write("deploy.yaml", GIVEN.partition("targets:")[0] + targets)
    ran = given.run("check")
    assert ran.codes == 3 * ["invalid-reference"]
    for told in ("no capital letters: `Python`", "`sha256:12` is no digest", "gets its digest when it is made"):
        assert told in ran.err


@pytest.mark.slow
def test_an_image_goes_to_its_registry_and_is_verified(world: Published, tmp_path: Path) -> None:
    project, (private, public) = world.project, keys(tmp_path)
    first = project.run("publish", "--key", private)
    assert first.code == 0, first.err
    assert f"oci is published as {world.name}@{world.digest()}, signed" in first.err
    assert world.there() == world.digest()
    mounts = [path for path in world.registry.requests("POST") if "from=library%2Fbase" in path]
    assert len(mounts) == 1, "the layer of the base is taken from its repository"

    again = project.run("publish", "--key", private)
    assert f"oci is published already as {world.name}@{world.digest()}" in again.err

    ran = project.run("verify", world.name, "--key", public)
    assert ran.code == 0, ran.err
    assert f"image        {world.registry.address}/team/penguins@{world.digest()}" in ran.out
    assert re.search(r"(?m)^model        sha256:[0-9a-f]{64}$", ran.out)
    locked = hashlib.sha256((project / "deploy.lock").read_bytes()).hexdigest()
    assert re.search(rf"(?m)^deploy.lock +sha256:{locked}$", ran.out)
    assert re.search(
        rf"(?m)^base         oci://{world.registry.address}/library/base\S* sha256:[0-9a-f]{{64}}$", ran.out
    )
    assert "signature    by the key" in ran.out
    (_, other) = keys(tmp_path)
    assert project.run("verify", world.name, "--key", other).codes == ["not-verified"]


@pytest.mark.slow
def test_publishing_again_only_asks_whether_all_still_stands(world: Published) -> None:
    project = world.project
    first = project.run("publish")
    assert first.code == 0, first.err
    named = f"{world.name}@{world.digest()}"
    still = f"deployc: up to date: build\n  published oci is published already as {named}\n"
    assert project.run("publish").err == still

    command = ["skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{base.layout()}", f"docker://{world.name}"]
    subprocess.run(command, check=True)
    assert f"oci is published as {named}" in project.run("publish").err
    assert world.there() == world.digest()
    assert project.run("publish").err == still

    project.edit("deploy.yaml", "penguins:1", "penguins:2")
    assert f"oci is published as {world.name[:-1]}2@" in project.run("publish").err
    assert project.run("build").code == 0, "what is published is remembered apart from what is built"
    assert project.run("publish").err.startswith("deployc: up to date: build\n")
    shutil.rmtree(world.registry.folder / "data/docker/registry/v2/repositories/team")
    assert f"oci is published as {world.name[:-1]}2@" in project.run("publish").err


@pytest.mark.slow
def test_what_a_base_s_tag_names_is_kept_until_it_is_asked_for(world: Published, tmp_path: Path) -> None:
    project, lock = world.project, world.project / "deploy.lock"
    project.build()
    before = lock.read_text(encoding="utf-8")
    assert f"reference: {world.registry.address}/library/base:1\n" in before
    layouts.write(tmp_path / "newer", layouts.image([{"usr/bin/python3.4": b""}], base.MACHINE))
    world.put(tmp_path / "newer")
    assert project.run("build", "--locked", "--offline").code == 0
    assert lock.read_text(encoding="utf-8") == before

    moved = project.run("lock", "--upgrade", "base")
    assert moved.code == 0, moved.err
    assert ", was sha256:" in moved.err
    assert "param digest" in project.run("explain", "lock-base-oci").out
    assert "the base has no Python" in project.fails("unfit-base")
    project.edit("deploy.yaml", "library/base:1", "library/base:2")
    assert "base:1 -> " in project.fails("lock-stale", "--locked")


@pytest.mark.slow
def test_a_registry_that_is_gone_is_told_at_its_line(world: Published) -> None:
    project = world.project.given(DEPLOYC_REGISTRY_SECONDS="1")
    project.edit("deploy.yaml", "reference: 127.0.0.1:", "reference: 127.0.0.1:1")
    project.edit("deploy.yaml", f"reference: 127.0.0.1:1{world.registry.address[10:]}", "reference: 127.0.0.1:9")
    ran = project.run("publish")
    assert (ran.code, ran.codes) == (1, ["registry-unreachable"])
    assert "reference: 127.0.0.1:9/team/penguins:1" in ran.err
