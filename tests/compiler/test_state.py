"""The state file says that nothing has changed only when that is true."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from deployc.compiler import state

FLAGS = ("--target", "wheel")


def save(tmp_path: Path, *paths: Path) -> str:
    where = str(tmp_path / "state")
    rows = {str(p): state.stat_of(str(p)) for p in paths}
    state.save(where, flags=FLAGS, environ={"CI": ""}, rows=rows, digests={}, summary="up to date")
    return where


def answer(where: str, flags: tuple[str, ...] = FLAGS, environ: dict[str, str] | None = None) -> bool:
    known = state.load(where)
    assert known
    return state.fresh(known, flags, environ or {}) is not False


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("a")
    return path


def test_nothing_changed(tmp_path: Path, file: Path) -> None:
    assert answer(save(tmp_path, file, tmp_path / "absent"))


def test_other_flags_or_environment_are_another_build(tmp_path: Path, file: Path) -> None:
    where = save(tmp_path, file)
    assert not answer(where, ())
    assert not answer(where, environ={"CI": "true"})
    assert answer(where, environ={"UNRELATED": "x"})


@pytest.mark.parametrize("how", ["edited", "removed", "replaced"])
def test_a_changed_file_is_noticed(tmp_path: Path, file: Path, how: str) -> None:
    where = save(tmp_path, file)
    if how == "edited":
        file.write_text("bb")
    elif how == "removed":
        file.unlink()
    else:
        (tmp_path / "new").write_text("b")
        (tmp_path / "new").replace(file)
    assert not answer(where)


def test_a_file_that_appears_is_noticed(tmp_path: Path, file: Path) -> None:
    where = save(tmp_path, file, tmp_path / "absent")
    (tmp_path / "absent").write_text("")
    assert not answer(where)


def test_a_file_added_to_a_globbed_folder_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    where = save(tmp_path, folder)
    (folder / "new.csv").write_text("")
    assert not answer(where)


def test_an_edit_of_the_same_size_with_the_time_put_back_is_noticed(tmp_path: Path, file: Path) -> None:
    before = file.stat()
    where = save(tmp_path, file)
    file.write_text("b")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not answer(where)


def test_a_file_as_young_as_the_state_is_compared_by_content(tmp_path: Path, file: Path) -> None:
    """Its times cannot be believed: an edit within the clock's granularity leaves them as they are."""
    where = save(tmp_path, file)
    known = state.load(where)
    assert known
    stat = state.stat_of(str(file))
    young = {**known, "rows": [(str(file), stat, state.digest_of(str(file)))]}
    assert state.fresh(young, FLAGS, {}) is None
    other = {**known, "rows": [(str(file), stat, "0" * 64)]}
    assert state.fresh(other, FLAGS, {}) is False


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x00" * 100])
def test_an_unreadable_state_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").write_bytes(content)
    assert state.load(str(tmp_path / "state")) is None
