"""Outputs appear where the user looks, and nothing of his is harmed."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployc.compiler.cas import Cas, CorruptBlob
from deployc.compiler.emit import LARGE, Emission
from deployc.compiler.stat_cache import StatCache, stat_of
from deployc.compiler.tree import Entry, Tree
from deployc.schema.diagnostics import UserError


def emission(tmp_path: Path) -> Emission:
    return Emission(
        folder=tmp_path / "out",
        record=tmp_path / "state/outputs.json",
        cas=Cas(tmp_path / "cas"),
        stats=StatCache({}),
    )


def emit(tmp_path: Path, texts: dict[str, str], *, scope: list[str] | None = None, force: bool = False) -> list[str]:
    """Emit these files; returns those that were written."""
    one = emission(tmp_path)
    one.emit(one.cas.put_texts(texts), scope=scope, force=force)
    return one.written


def on_disk(tmp_path: Path) -> dict[str, str]:
    out = tmp_path / "out"
    return {p.relative_to(out).as_posix(): p.read_text() for p in out.rglob("*") if p.is_file()}


def test_what_is_built_is_there_and_written_once(tmp_path: Path) -> None:
    texts = {"project/a": "1", "project/deep/b": "2"}
    assert sorted(emit(tmp_path, texts)) == sorted(texts)
    assert emit(tmp_path, texts) == []
    assert on_disk(tmp_path) == texts


def test_a_large_file_that_lies_in_two_places_is_known_in_both(tmp_path: Path) -> None:
    one = emission(tmp_path)
    large = "x" * LARGE
    one.emit(one.cas.put_texts({"p/model": large, "q/model": large}), scope=None, force=False)
    for place in ("p", "q"):
        path = one.folder / place / "model"
        assert one.stats.used[str(path)][0] == stat_of(path), "the next build need not read it"


def test_what_is_missing_is_restored(tmp_path: Path) -> None:
    emit(tmp_path, {"p/a": "1", "p/b": "2"})
    (tmp_path / "out/p/a").unlink()
    assert emit(tmp_path, {"p/a": "1", "p/b": "2"}) == ["p/a"]


def test_what_is_no_longer_built_goes_but_only_if_it_is_ours(tmp_path: Path) -> None:
    emit(tmp_path, {"p/a": "1", "p/deep/b": "2"})
    (tmp_path / "out/p/mine.txt").write_text("mine")
    emit(tmp_path, {"p/a": "1"})
    assert on_disk(tmp_path) == {"p/a": "1", "p/mine.txt": "mine"}


def test_a_build_of_one_target_leaves_the_others(tmp_path: Path) -> None:
    emit(tmp_path, {"project/a": "1", "wheel/w": "2"})
    emit(tmp_path, {"wheel/w": "3"}, scope=["wheel"])
    assert on_disk(tmp_path) == {"project/a": "1", "wheel/w": "3"}
    emit(tmp_path, {"wheel/w": "3"})
    assert on_disk(tmp_path) == {"wheel/w": "3"}


def test_an_edited_output_is_an_error_with_its_diff_and_nothing_is_written(tmp_path: Path) -> None:
    emit(tmp_path, {"p/a": "one\n", "p/b": "2"})
    (tmp_path / "out/p/a").write_text("one\nmine\n")
    with pytest.raises(UserError) as caught:
        emit(tmp_path, {"p/a": "two\n", "p/b": "3"})
    (found,) = caught.value.diagnostics
    assert found.code == "output-edited"
    assert "+mine" in found.notes[0]
    assert on_disk(tmp_path) == {"p/a": "one\nmine\n", "p/b": "2"}


def test_force_replaces_an_edited_output(tmp_path: Path) -> None:
    emit(tmp_path, {"p/a": "1"})
    (tmp_path / "out/p/a").write_text("mine")
    emit(tmp_path, {"p/a": "2"}, force=True)
    assert on_disk(tmp_path) == {"p/a": "2"}


def test_a_file_that_was_never_ours_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out/p").mkdir(parents=True)
    (tmp_path / "out/p/a").write_text("mine")
    with pytest.raises(UserError, match="output-in-the-way"):
        emit(tmp_path, {"p/a": "1"})
    assert on_disk(tmp_path) == {"p/a": "mine"}


@pytest.mark.parametrize("written_before_the_kill", [0, 1])
def test_a_build_killed_while_it_emits_does_not_call_its_own_files_edited(
    tmp_path: Path, written_before_the_kill: int
) -> None:
    emit(tmp_path, {"p/a": "1", "p/b": "1"})
    killed = emission(tmp_path)
    tree = killed.cas.put_texts({"p/a": "2", "p/b": "2"})
    with pytest.raises(ZeroDivisionError):
        _killed(killed, written_before_the_kill, tree)
    emit(tmp_path, {"p/a": "3", "p/b": "3"})
    assert on_disk(tmp_path) == {"p/a": "3", "p/b": "3"}


def _killed(one: Emission, after: int, tree: Tree) -> None:
    """Emit with a CAS that stops answering after some blobs, as a process that is killed there."""

    class Dying(Cas):
        left = after

        def copy(self, entry: Entry, target: Path) -> None:
            if Dying.left == 0:
                raise ZeroDivisionError
            Dying.left -= 1
            Cas.copy(self, entry, target)

    dying = Emission(folder=one.folder, record=one.record, cas=Dying(one.cas.root), stats=one.stats)
    dying.emit(tree, scope=None, force=False)


def test_a_mode_that_changed_is_put_right(tmp_path: Path) -> None:
    emit(tmp_path, {"p/run.sh": "#!/bin/sh"})
    one = emission(tmp_path)
    plain = one.cas.put_texts({"p/run.sh": "#!/bin/sh"})["p/run.sh"]
    wanted = Tree((Entry(path=plain.path, digest=plain.digest, size=plain.size, executable=True),))
    one.emit(wanted, scope=None, force=False)
    assert (tmp_path / "out/p/run.sh").stat().st_mode & 0o111


def test_what_is_large_is_on_disk_once(tmp_path: Path) -> None:
    one = emission(tmp_path)
    digest, size = one.cas.put_chunks([bytes(LARGE)])
    model = Tree((Entry(path="oci/model", digest=digest, size=size),))
    for _ in range(2):
        one.emit(model, scope=None, force=False)
        (tmp_path / "out/oci/model").touch()
    assert (tmp_path / "out/oci/model").samefile(one.cas.path(digest))
    assert not [path for path in (tmp_path / "out/oci").iterdir() if path.name != "model"]


def test_a_large_file_that_was_corrupted_is_not_put_out(tmp_path: Path) -> None:
    one = emission(tmp_path)
    digest, size = one.cas.put_chunks([bytes(LARGE)])
    path = one.cas.path(digest)
    path.chmod(0o644)
    path.write_bytes(b"1" + bytes(LARGE - 1))
    with pytest.raises(CorruptBlob):
        one.emit(Tree((Entry(path="oci/model", digest=digest, size=size),)), scope=None, force=False)
    assert not (tmp_path / "out/oci/model").exists()
    assert not one.cas.has(digest)


def test_what_is_large_is_read_only_whether_or_not_it_could_be_linked(tmp_path: Path) -> None:
    one = emission(tmp_path)
    digest, size = one.cas.put_chunks([bytes(LARGE)])
    linked = Entry(path="p/model", digest=digest, size=size)
    copied = Entry(path="p/program", digest=digest, size=size, executable=True)
    one.emit(Tree((linked, copied)), scope=None, force=False)
    assert (tmp_path / "out/p/model").stat().st_mode & 0o777 == 0o444
    assert (tmp_path / "out/p/program").stat().st_mode & 0o777 == 0o555
