"""The base: what is read of a layout that somebody else made, and what is refused of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.tree import Tree
from deployc.schema.diagnostics import UserError
from deployc.targets.oci import base, contents, modelcar, python
from deployc.targets.oci.contents import Contents

from . import layouts
from .layouts import LIBC, PYTHON, image, layout

FIELD = ("targets", "oci", "base")


@pytest.fixture
def cas(tmp_path: Path) -> Cas:
    return Cas(tmp_path)


def read(cas: Cas, tree: Tree) -> base.Base:
    return base.read(cas, tree, "linux/amd64", FIELD)


def has(cas: Cas, *layers: dict[str, bytes]) -> Contents:
    return contents.read(cas, read(cas, layout(cas, image(layers))), FIELD)


def test_the_image_for_the_platform_is_taken_with_its_config(cas: Cas) -> None:
    arm = image(architecture="arm64")
    wanted = image(User="1000")
    found = read(cas, layout(cas, arm, wanted))
    assert f"sha256:{found.digest}" == wanted[0]["digest"]
    assert found.environ == ("PATH=/usr/bin:/bin", "LANG=C.UTF-8")
    assert found.path == ("/usr/bin", "/bin")
    assert found.labels == {"vendor": "us"}
    assert [step.created_by for step in found.history] == ["debootstrap", "CMD"]


def test_an_index_in_an_index_is_followed(cas: Cas) -> None:
    entry, blobs = image()
    inner = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    outer = layouts.described(layouts.INDEX, inner)
    found = read(cas, layout(cas, (outer, {**blobs, str(outer["digest"]).removeprefix("sha256:"): inner})))
    assert f"sha256:{found.digest}" == entry["digest"]


def test_docker_s_media_types_become_oci_s(cas: Cas) -> None:
    docker = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    [layer] = read(cas, layout(cas, image(media=docker))).layers
    assert layer.media_type == layouts.LAYER


def _without(name: str) -> Callable[[Cas], Tree]:
    def tree(cas: Cas) -> Tree:
        return Tree.of(e for e in layout(cas, image()) if e.path != name)

    return tree


def _broken(cas: Cas) -> Tree:
    whole = layout(cas, image())
    path = next(e.path for e in whole if e.path.startswith("blobs/"))
    return whole | layouts.placed(cas, {path: b"other bytes"})


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (_without("index.json"), "no index.json"),
        (lambda cas: layouts.placed(cas, {"index.json": b"[]"}), "index.json is no JSON object"),
        (lambda cas: layouts.placed(cas, {"index.json": b"{"}), "index.json is no JSON object"),
        (lambda cas: layout(cas, image(architecture="arm64")), "it has no image for linux/amd64"),
        (lambda cas: layout(cas, image(), image(User="1")), "it has 2 images for linux/amd64"),
        (lambda cas: layout(cas, (image()[0], {})), "is not in it"),
        (lambda cas: layout(cas, image(media="application/x-lzma")), "a layer of a kind that is unknown"),
        (lambda cas: layouts.placed(cas, {"index.json": b'{"manifests": 3}'}), "`manifests` is no list"),
        (_broken, "has other bytes than its name says"),
    ],
)
def test_what_is_no_base_is_told_at_its_field(cas: Cas, tree: Callable[[Cas], Tree], said: str) -> None:
    with pytest.raises(UserError) as raised:
        read(cas, tree(cas))
    [told] = raised.value.diagnostics
    assert (told.code, told.field) == ("bad-base", FIELD)
    assert said in told.message


def test_a_base_s_python_libc_and_libraries_are_found(cas: Cas) -> None:
    more = {"usr/local/bin/python3.12": b"", "usr/lib/x86_64-linux-gnu/libgomp.so.1": b""}
    found = has(cas, {**PYTHON, **more})
    assert found == Contents(
        pythons={"3.11": "/usr/bin/python3.11", "3.12": "/usr/local/bin/python3.12"},
        standard=("3.11",),
        glibc="2.36",
        libraries=("libc.so.6", "libgomp.so.1"),
    )


@pytest.mark.parametrize("path", ["bin/sh", "usr/bin/sh"])
def test_a_shell_is_found(path: str, cas: Cas) -> None:
    assert has(cas, {**PYTHON, path: b""}).shell


def test_a_base_without_a_shell_is_told_where_the_model_is_an_image_of_its_own(cas: Cas) -> None:
    with pytest.raises(UserError, match="the base has no /bin/sh") as raised:
        modelcar.check(has(cas, PYTHON), FIELD)
    assert raised.value.diagnostics[0].field == FIELD


def test_an_older_debian_names_its_libc_by_version(cas: Cas) -> None:
    assert has(cas, {"lib/x86_64-linux-gnu/libc-2.31.so": LIBC.replace(b"2.36.", b"2.31.")}).glibc == "2.31"


def test_the_python_that_path_finds_first_is_taken(cas: Cas) -> None:
    found = has(cas, {"opt/bin/python3.11": b"", **PYTHON})
    assert found.pythons == {"3.11": "/usr/bin/python3.11"}


def test_what_a_later_layer_removes_is_not_there(cas: Cas) -> None:
    assert has(cas, dict(PYTHON), {"usr/bin/.wh.python3.11": b""}).pythons == {}
    assert has(cas, dict(PYTHON), {"usr/lib/.wh..wh..opq": b""}).standard == ()
    assert has(cas, dict(PYTHON), {".wh.usr": b"", "usr/bin/python3.12": b""}).pythons == {
        "3.12": "/usr/bin/python3.12"
    }


def test_a_layer_that_is_no_archive_is_told(cas: Cas) -> None:
    entry, blobs = image()
    manifest = json.loads(blobs[str(entry["digest"]).removeprefix("sha256:")])
    noise = b"no gzip"
    manifest["layers"] = [layouts.described(layouts.LAYER, noise)]
    data = json.dumps(manifest).encode()
    named = layouts.described(layouts.MANIFEST, data)
    held = {str(d["digest"]).removeprefix("sha256:"): b for d, b in ((named, data), (manifest["layers"][0], noise))}
    with pytest.raises(UserError, match="bad-base"):
        contents.read(cas, read(cas, layout(cas, (named, {**blobs, **held}))), FIELD)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Contents(pythons={"3.12": "/usr/bin/python3.12"}), "the base has no Python 3.11; it has: 3.12"),
        (Contents(), "the base has no Python 3.11; it has: none"),
        (Contents(pythons={"3.11": "/usr/bin/python3.11"}), "without its whole standard library"),
        (Contents(pythons={"3.11": "/usr/bin/python3.11"}, standard=("3.11",)), "no C library"),
    ],
)
def test_a_base_that_cannot_run_the_service_is_told(found: Contents, said: str) -> None:
    with pytest.raises(UserError) as raised:
        python.check(found, "3.11", FIELD)
    [told] = raised.value.diagnostics
    assert (told.code, told.field) == ("unfit-base", FIELD)
    assert said in told.message
