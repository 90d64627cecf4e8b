"""The image: what an engine reads in it, how libraries are spread over layers, and for which platforms."""

from __future__ import annotations

import json
import random
import tarfile
from pathlib import Path

import pytest
from deployc.compiler.cas import LARGE, Cas
from deployc.compiler.digest import of_bytes
from deployc.compiler.tree import Entry, Tree
from deployc.schema.diagnostics import UserError
from deployc.targets import tarball
from deployc.targets.oci import archive, base, layers
from deployc.targets.oci.image import MOST_LAYERS, Image, Layout, Settings, layout
from deployc.targets.oci.libraries import BUDGET, LIGHT, Distribution, split
from deployc.targets.oci.platforms import Platform, own, wheels
from deployc.targets.tarball import text
from hypothesis import given
from hypothesis import strategies as st

from . import layouts

FIELD = ("targets", "oci", "base")
SETTINGS = Settings(
    entrypoint=("python", "-m", "churn"),
    environ={"PATH": "/venv/bin:/usr/bin", "CHURN_PORT": "8000"},
    folder="/app",
    port=8000,
    user="65532:65532",
    health=("true",),
    labels={"vendor": "them"},
)


def made(cas: Cas, *platforms: Platform) -> Layout:
    bases = layouts.layout(cas, layouts.image(), layouts.image(architecture="arm64"))
    added = tuple(layers.write(cas, [text("app/a", name)], "gzip", name) for name in ("the service", "the model"))
    images = [
        Image(platform=p, base=base.read(cas, bases, p, FIELD), base_name="debian:12", layers=added, settings=SETTINGS)
        for p in platforms
    ]
    return layout(cas, images, "1.0")


def blob(cas: Cas, tree: Tree, digest: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(cas.text(tree, f"blobs/sha256/{digest.removeprefix('sha256:')}"))
    return found


def test_an_engine_reads_how_the_service_runs(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    found = made(cas, "linux/amd64")
    [entry] = json.loads(cas.text(found.tree, "index.json"))["manifests"]
    assert entry["digest"] == f"sha256:{found.digest}"
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "1.0"}
    manifest = blob(cas, found.tree, entry["digest"])
    config = blob(cas, found.tree, manifest["config"]["digest"])  # type: ignore[index]  # JSON that we made
    settings = config["config"]
    assert isinstance(settings, dict)
    assert settings["User"] == "65532:65532"
    assert settings["Entrypoint"] == ["python", "-m", "churn"]
    assert settings["Env"] == ["PATH=/venv/bin:/usr/bin", "LANG=C.UTF-8", "CHURN_PORT=8000"]
    assert settings["Labels"] == {"vendor": "them"}
    assert settings["StopSignal"] == "SIGTERM"
    assert "Cmd" not in settings
    steps = config["history"]
    assert isinstance(steps, list)
    assert [s["created_by"] for s in steps] == ["debootstrap", "CMD", "the service", "the model"]


def test_every_blob_of_the_layout_is_there_under_its_digest(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    found = made(cas, "linux/amd64", "linux/arm64")
    for entry in found.tree.under("blobs/sha256"):
        assert entry.path == entry.digest
    index = blob(cas, found.tree, found.digest)
    manifests = index["manifests"]
    assert isinstance(manifests, list)
    assert [m["platform"]["architecture"] for m in manifests] == ["amd64", "arm64"]
    for described in manifests:
        manifest = blob(cas, found.tree, described["digest"])
        layers = manifest["layers"]
        assert isinstance(layers, list)
        assert all(f"blobs/sha256/{layer['digest'].removeprefix('sha256:')}" in found.tree for layer in layers)


def test_the_base_is_named_by_its_digest(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    manifest = blob(cas, (found := made(cas, "linux/amd64")).tree, found.digest)
    assert manifest["annotations"] == {
        "org.opencontainers.image.base.digest": layouts.image()[0]["digest"],
        "org.opencontainers.image.base.name": "debian:12",
    }


def distribution(name: str, size: int) -> Distribution:
    return Distribution(name=name, version="1", record="", files=(), size=size)


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(0, 20 * LIGHT), max_size=30))
def test_each_distribution_is_in_one_layer_and_the_heaviest_have_their_own(sizes: dict[str, int]) -> None:
    found = split([distribution(name, size) for name, size in sizes.items()])
    assert sorted(d.name for group in found for d in group) == sorted(sizes)
    assert len(found) <= BUDGET
    assert all(group for group in found)
    alone = [group[0].size for group in found if len(group) == 1]
    assert all(size >= LIGHT for size in alone[:-1])


def test_a_new_light_library_touches_one_layer() -> None:
    before = [distribution(f"heavy{n}", (n + 2) * LIGHT) for n in range(4)] + [distribution("light", 10)]
    after = split([*before, distribution("new", 20)])
    assert [group for group in after if group not in split(before)] == [[before[-1], distribution("new", 20)]]


@pytest.mark.parametrize(
    ("platform", "glibc", "name"),
    [
        ("linux/amd64", "2.36", "x86_64-manylinux_2_36"),
        ("linux/amd64", "2.30", "x86_64-manylinux_2_28"),
        ("linux/arm64", "2.99", "aarch64-manylinux_2_40"),
        ("linux/arm64", "", "aarch64-unknown-linux-musl"),
        ("linux/amd64", "2.12", None),
    ],
)
def test_the_newest_wheels_that_the_base_runs_are_asked_for(platform: Platform, glibc: str, name: str | None) -> None:
    assert wheels(platform, glibc) == name


def test_this_machine_s_platform_is_told_as_oci_does() -> None:
    assert [own(m) for m in ("linux-x86_64", "darwin-arm64", "linux-aarch64-musl", "linux-s390x")] == [
        *("linux/amd64", "linux/arm64", "linux/arm64", None)
    ]


@pytest.mark.parametrize("size", [10, LARGE + 5])
def test_a_layer_of_the_store_s_files_is_their_archive_and_stored_once(size: int, tmp_path: Path) -> None:
    cas, data = Cas(tmp_path / "cas"), random.Random(0).randbytes(size)
    tree = Tree.of(
        Entry(path=path, digest=cas.put_bytes(content), size=len(content))
        for path, content in {"MLmodel": b"flavors: {}", "model.pkl": data}.items()
    )
    made = layers.write(cas, layers.members(cas, tree, "app/artifact"), "none", "the model")
    wanted = b"".join(tarball.archive(layers.members(cas, tree, "app/artifact")))
    assert cas.get(made.digest) == wanted
    assert (made.digest, made.diff_id, made.size) == (of_bytes(wanted), of_bytes(wanted), len(wanted))
    cas.link(Entry(path="", digest=made.digest, size=made.size), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == wanted
    if size > LARGE:
        assert sum(path.stat().st_size for path in cas.root.rglob("*") if path.is_file()) < 1.1 * size


def test_layers_are_kept_with_what_they_are(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    made = [layers.write(cas, [text("a", "a")], "none", "a"), layers.write(cas, [text("a", "a")], "gzip", "b")]
    tree = layers.tree_of(cas, [*made, made[0]])
    assert list(layers.read(cas, tree)) == [*made, made[0]]
    assert made[0].digest == made[0].diff_id == made[1].diff_id != made[1].digest


def test_an_archive_has_what_docker_and_others_read(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    bases = layouts.layout(cas, layouts.image())
    image = Image(
        platform="linux/amd64",
        base=base.read(cas, bases, "linux/amd64", FIELD),
        base_name="",
        layers=(layers.write(cas, [text("app/a", "a")], "gzip", "the service"),),
        settings=SETTINGS,
    )
    entry = archive.of(cas, image, "image.tar", "example.com/churn:1.0")
    with tarfile.open(cas.path(entry.digest)) as tar:
        held = {member.name: member for member in tar}
        told = tar.extractfile("manifest.json")
        assert told is not None
        [docker] = json.loads(told.read())
    assert docker["RepoTags"] == ["example.com/churn:1.0"]
    assert {docker["Config"], *docker["Layers"], "index.json", "oci-layout"} < set(held)
    assert len(docker["Layers"]) == 2


@pytest.mark.parametrize("many", [126, 127])
def test_more_layers_than_an_engine_takes_are_told(many: int, tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    found = base.read(cas, layouts.layout(cas, layouts.image([{"a": b""}] * many)), "linux/amd64", FIELD)
    added = (layers.write(cas, [text("app/a", "a")], "gzip", "the service"),)
    image = Image(platform="linux/amd64", base=found, base_name="", layers=added, settings=SETTINGS)
    if many + len(added) <= MOST_LAYERS:
        image.check(FIELD)
        return
    with pytest.raises(UserError, match="the base has 127 layers, and the service 1"):
        image.check(FIELD)
