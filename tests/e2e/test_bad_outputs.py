"""Outputs and caches that are damaged, full, edited or not ours: nothing is lost, and the next build is right."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from .project import Project, cases, contents, stored

MOUNTED = ("unshare", "-Urm", "sh", "-c")


def test_an_output_edited_by_hand_is_kept_and_shown(ready: Project) -> None:
    readme = ready / "build/project/README.md"
    built = readme.read_text(encoding="utf-8")
    readme.write_text(built + "my own words\n", encoding="utf-8")
    before = contents(ready / "build")
    told = ready.fails("output-edited")
    assert "+my own words" in told
    assert "--force" in told
    assert contents(ready / "build") == before
    assert ready.run("build", "--force").code == 0
    assert readme.read_text(encoding="utf-8") == built


def test_a_file_that_is_not_ours_is_not_written_over(given: Project) -> None:
    mine = given.write("build/project/README.md", "mine\n")
    told = given.fails("output-in-the-way")
    assert "README.md" in told
    assert mine.read_text() == "mine\n"
    assert contents(given / "build").keys() == {"project/README.md"}


@pytest.mark.parametrize("path", cases(["build/project"], ["build", "build/project/src"]))
def test_a_file_where_a_folder_should_be(given: Project, path: str) -> None:
    mine = given.write(path, "mine\n")
    ran = given.run("build")
    assert ran.code == 1
    assert len(ran.codes) == 1, ran.err
    assert path in ran.err
    assert mine.read_text() == "mine\n"


def test_a_folder_where_a_file_should_be(given: Project) -> None:
    given.write("build/project/README.md/mine.txt", "mine\n")
    ran = given.run("build")
    assert ran.code == 1
    assert "README.md" in ran.err
    assert (given / "build/project/README.md/mine.txt").read_text() == "mine\n"


def test_a_link_in_the_output_folder_is_not_followed(ready: Project) -> None:
    elsewhere = ready.write("elsewhere.md", "mine\n")
    (ready / "build/project/README.md").unlink()
    (ready / "build/project/README.md").symlink_to(elsewhere)
    ready.fails("output-edited")
    ready.run("build", "--force")
    assert elsewhere.read_text() == "mine\n"


@pytest.mark.usefixtures("namespaces")
def test_an_output_folder_that_cannot_be_written(ready: Project) -> None:
    before = contents(ready / "build")
    config = ready / "deploy.yaml"
    text = config.read_text(encoding="utf-8")
    ready.edit("deploy.yaml", "targets:", "serve: {port: 9000}\ntargets:")
    script = 'mount --bind build build && mount -o remount,ro,bind build && exec "$@"'
    told = replace(ready, inside=(*MOUNTED, script, "sh")).fails("disk")
    assert "build/" in told
    assert "--out" in told
    assert contents(ready / "build") == before
    config.write_text(text, encoding="utf-8")
    ready.build()
    assert contents(ready / "build") == before


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("full", cases(["cas"], ["actions", "work"]))
def test_a_disk_that_is_full_of_cache(trained: Project, own_cache: Callable[[Project], Project], full: str) -> None:
    size = "4k" if full == "actions" else "64k"
    project = own_cache(trained)
    project.build("--only", "inspect")
    before, good = contents(project / "build"), stored(project.cache)
    project.edit("train.sh", "cp -r", "head -c 4000000 /dev/zero > made/large; cp -r")
    script = f'mount -t tmpfs -o size={size} tmpfs {project.cache}/{full} && exec "$@"'
    ran = replace(project, inside=(*MOUNTED, script, "sh")).run("build", "--only", "inspect")
    assert ran.code == 1, ran.err
    assert len(ran.codes) == 1
    assert "no space left on device" in ran.err.lower()
    assert full == "work" or f"({project.cache}/" in ran.err, "which disk it is"
    assert contents(project / "build") == before
    assert good.items() <= stored(project.cache).items()
    project.edit("train.sh", "head -c 4000000 /dev/zero > made/large; ", "true; ")
    project.build("--only", "inspect")
    trained.build()
    assert contents(project / "build") == before


@pytest.mark.usefixtures("namespaces")
def test_a_disk_that_is_full_of_outputs(given: Project) -> None:
    script = 'mkdir -p build && mount -t tmpfs -o size=32k tmpfs build && "$@"; code=$?; cp -r build seen; exit $code'
    told = replace(given, inside=(*MOUNTED, script, "sh")).fails("disk")
    assert "make room" in told
    assert f"({given / 'build'})" in told
    half = contents(given / "seen")
    given.build()
    whole = contents(given / "build")
    assert half.items() <= whole.items(), "no file was left half written"


def flip_bits(project: Project) -> None:
    """Change one bit of every blob in a project's cache."""
    for path in sorted((project.cache / "cas").glob("??/*")):
        data = bytearray(path.read_bytes())
        if data:
            data[len(data) // 2] ^= 1
            path.chmod(0o644)
            path.write_bytes(data)


def test_a_blob_with_a_flipped_bit_is_made_again(staged: Project, own_cache: Callable[[Project], Project]) -> None:
    project = own_cache(staged)
    project.build("--only", "inspect")
    right = stored(project.cache)
    flip_bits(project)
    project.build("--only", "inspect")
    made = stored(project.cache)
    assert {p: d for p, d in right.items() if p.startswith("actions/")}.items() <= made.items(), "the same results"
    assert project.build("--only", "inspect").ran == set()


@pytest.mark.slow
def test_outputs_are_right_although_every_blob_has_a_flipped_bit(
    staged: Project, own_cache: Callable[[Project], Project]
) -> None:
    project = own_cache(staged)
    project.build()
    right = contents(project / "build")
    flip_bits(project)
    shutil.rmtree(project / "build")
    shutil.rmtree(project / ".deployc")
    project.build()
    assert contents(project / "build") == right


@pytest.mark.parametrize(
    "damage", cases(["blobs are gone"], ["a result is gone", "results are nonsense", "all is gone"])
)
def test_a_damaged_cache_is_mended(staged: Project, own_cache: Callable[[Project], Project], damage: str) -> None:
    project = own_cache(staged)
    project.build("--only", "inspect")
    right = stored(project.cache)
    for path in sorted((project.cache / ("cas" if damage == "blobs are gone" else "actions")).glob("??/*")):
        if damage == "results are nonsense":
            path.write_bytes(b"\xff nonsense")
        else:
            path.unlink()
    if damage == "all is gone":
        shutil.rmtree(project.cache / "cas")
    project.build("--only", "inspect")
    assert right.items() <= stored(project.cache).items()


@pytest.mark.parametrize("kind", ["state", "stats", "manifests", "outputs"])
@pytest.mark.parametrize("text", cases([b"\xff\x00nonsense"], [b"", b"[1, 2]", b'{"a": 1}']))
def test_a_damaged_memory_of_the_last_build_is_mended(ready: Project, kind: str, text: bytes) -> None:
    before = contents(ready / "build")
    (file,) = (ready / ".deployc").glob(f"deploy.yaml.{kind}*")
    file.write_bytes(text)
    ready.build()
    assert contents(ready / "build") == before


def test_a_stray_file_is_never_touched(given: Project) -> None:
    stray = [given.write(f"build/{p}", "mine\n") for p in ("x.txt", "project/src/x.py", "wheel/x.whl", "other/x")]
    given.build()
    given.edit("deploy.yaml", "targets: {project: {}, wheel: {}}", "targets: {wheel: {}}")
    given.build("--force")
    assert [path.read_text() for path in stray] == ["mine\n"] * 4
