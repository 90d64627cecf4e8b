"""The user's files as inputs: what a pattern names, and what is noticed later."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.files import Sources
from deployc.compiler.stat_cache import StatCache, stat_of
from deployc.schema.diagnostics import UserError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in (
        "data/a.csv",
        "data/deep/b.csv",
        "data/deep/note.txt",
        ".venv/lib/c.csv",
        "build/d.csv",
        "deploy.lock",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    return tmp_path


def sources(root: Path) -> Sources:
    return Sources(root, StatCache({}))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("data/a.csv", ["data/a.csv"]),
        ("data/*.csv", ["data/a.csv"]),
        ("data/**/*.csv", ["data/a.csv", "data/deep/b.csv"]),
        ("data", ["data/a.csv", "data/deep/b.csv", "data/deep/note.txt"]),
        ("data/", ["data/a.csv", "data/deep/b.csv", "data/deep/note.txt"]),
        ("nothing/*.csv", []),
    ],
)
def test_what_a_pattern_names(root: Path, pattern: str, names: list[str]) -> None:
    assert list(sources(root).expand(pattern)) == names


def test_the_whole_folder_is_not_what_a_build_writes_there(root: Path) -> None:
    found = sources(root).expand(".")
    assert "data/a.csv" in found
    assert not [path for path in found if path.startswith(("build/", "deploy.lock"))]


def test_folders_are_remembered_as_they_were_before_they_were_listed(root: Path) -> None:
    before = stat_of(root / "data/deep")
    one = sources(root)
    one.tree(("data/**/*.csv",))
    (root / "data/deep/new.csv").write_text("later")
    assert one.folders[str(root / "data/deep")] == before
    assert stat_of(root / "data/deep") != before
    assert one.listed()[str(root / "data/deep")] == before
    assert not [folder for folder in one.folders if ".venv" in folder]


def test_what_a_build_writes_beside_its_inputs_is_no_change(root: Path) -> None:
    one = sources(root)
    one.expand("*.py")
    (root / "deploy.lock").unlink()
    (root / ".deployc").mkdir()
    assert one.listed()[str(root)] == stat_of(root)
    (root / "new.py").write_text("")
    assert one.listed()[str(root)] == one.folders[str(root)] != stat_of(root)


def test_a_pattern_that_names_nothing_is_told(root: Path) -> None:
    with pytest.raises(UserError, match="missing-file"):
        sources(root).tree(("data/*.parquet",))


def test_a_link_to_a_folder_above_it_is_told(root: Path) -> None:
    (root / "data/loop").symlink_to(root / "data")
    with pytest.raises(UserError, match="lies in"):
        sources(root).tree(("data",))


def test_a_pipe_is_told_and_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "data/pipe")
    with pytest.raises(UserError, match="neither a file nor a folder"):
        sources(root).tree(("data",))


def test_a_model_that_is_a_link_to_elsewhere_is_refused(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("home") / "id_rsa"
    secret.write_text("PRIVATE KEY")
    (root / "model").mkdir()
    (root / "model/notes.txt").symlink_to(secret)
    one = sources(root)
    with pytest.raises(UserError, match="outside-folder"):
        one.inside(one.present("model"))


def test_a_file_that_has_changed_is_stored_as_it_is_hashed(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cas = Cas(tmp_path_factory.mktemp("cas"))
    first = sources(root)
    assert not cas.has(first.tree(("data/a.csv",), cas)["data/a.csv"].digest)
    (root / "data/a.csv").write_text("other rows")
    later = Sources(root, StatCache(first.stats.used))
    entry = later.tree(("data/a.csv", "data/deep/b.csv"), cas)["data/a.csv"]
    assert cas.get(entry.digest) == b"other rows"
    assert not cas.has(later.tree(("data/deep/b.csv",))["data/deep/b.csv"].digest)


def test_a_file_that_is_only_looked_for_is_noticed_later(root: Path) -> None:
    one = sources(root)
    assert one.present("data/*.csv") == ("data/a.csv",)
    assert one.listed()[str(root / "data/a.csv")] == stat_of(root / "data/a.csv")
    assert not one.stats.used


def test_of_a_cache_that_takes_no_more_the_file_is_not_blamed(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cas = Cas(tmp_path_factory.mktemp("cas"))
    known = sources(root)
    known.tree(("data",))
    (root / "data/a.csv").write_bytes(bytes(100_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(OSError, match=f"too large: '{cas.root}'"):
            Sources(root, StatCache(known.stats.used)).tree(("data/a.csv",), cas)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [path for path in cas.root.rglob("*") if path.is_file()]
    entry = Sources(root, StatCache(known.stats.used)).tree(("data/a.csv",), cas)["data/a.csv"]
    assert cas.get(entry.digest) == bytes(100_000)
