"""Trees, blobs and manifests: names of content that cannot be wrong."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from deployc.compiler.action import Action
from deployc.compiler.cas import LARGE, Cas, CorruptBlob
from deployc.compiler.digest import of_bytes
from deployc.compiler.explain import differences
from deployc.compiler.node import Node
from deployc.compiler.tree import Entry, Tree
from hypothesis import given
from hypothesis import strategies as st

names = st.text(st.characters(codec="utf-8", exclude_characters="\n\0/"), min_size=1).filter(
    lambda name: name not in (".", "..")
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
entries = st.builds(
    lambda p, b, x: Entry(path=p, digest=of_bytes(b), size=len(b), executable=x), paths, st.binary(), st.booleans()
)
trees = st.dictionaries(paths, entries, max_size=6).map(
    lambda d: Tree.of(Entry(path=p, digest=e.digest, size=e.size, executable=e.executable) for p, e in d.items())
)
params = st.dictionaries(st.text(), st.text(), max_size=4)


@given(trees)
def test_a_tree_is_its_text(tree: Tree) -> None:
    assert Tree.parse(tree.text) == tree


@given(trees, trees)
def test_trees_are_equal_exactly_when_their_digests_are(one: Tree, other: Tree) -> None:
    assert (one == other) == (one.digest == other.digest)


@given(trees, names)
def test_what_is_moved_below_a_folder_is_found_there(tree: Tree, folder: str) -> None:
    assert tree.at(folder).under(folder) == tree


@given(trees)
def test_each_file_of_a_tree_can_be_taken_by_itself(tree: Tree) -> None:
    for entry in tree:
        assert [(e.path, e.digest) for e in tree.under(entry.path)] == [(entry.path.split("/")[-1], entry.digest)]


def action(params: dict[str, str], tree: Tree) -> Action:
    return Action(Node(name="n", params=params, run=lambda work: Tree()), {"in": tree}, {})


@given(params, trees, params, trees)
def test_actions_have_one_key_exactly_when_nothing_differs(
    p: dict[str, str], t: Tree, q: dict[str, str], u: Tree
) -> None:
    one, other = action(p, t), action(q, u)
    assert (one.digest == other.digest) == (p == q and _seen(t) == _seen(u))


@given(params, trees, params, trees)
def test_explain_says_something_exactly_when_the_key_differs(
    p: dict[str, str], t: Tree, q: dict[str, str], u: Tree
) -> None:
    one, other = action(p, t), action(q, u)
    assert bool(differences(one.manifest, other.manifest)) == (one.digest != other.digest)


def _seen(tree: Tree) -> list[tuple[str, str, bool]]:
    return [(e.path, e.digest, e.executable) for e in tree]


@given(st.binary())
def test_what_is_put_is_got(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        cas = Cas(Path(folder))
        assert cas.get(cas.put_bytes(data)) == data


def test_a_folder_comes_back_as_it_was(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "deep/a b").write_bytes(b"\0\xff")
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    cas = Cas(tmp_path / "cas")
    tree = cas.put_folder(source)
    cas.materialise(tree, tmp_path / "copy")
    assert cas.put_folder(tmp_path / "copy") == tree
    assert (tmp_path / "copy/run.sh").stat().st_mode & 0o111


def test_a_bad_blob_is_noticed_when_it_is_used_and_removed(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    entry = Entry(path="f", digest=cas.put_bytes(b"good"), size=4)
    cas.path(entry.digest).chmod(0o644)
    cas.path(entry.digest).write_bytes(b"evil")
    with pytest.raises(CorruptBlob):
        cas.materialise(Tree((entry,)), tmp_path / "out")
    assert not (tmp_path / "out/f").exists()
    assert not cas.has(entry.digest)


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match="link"):
        Cas(tmp_path / "cas").put_folder(tmp_path / "in")


@pytest.mark.parametrize("path", ["../escaped", "/etc/passwd", "a/../../b", "a//b", "./a"])
def test_a_tree_cannot_lead_out_of_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="below its root"):
        Tree.parse(f"{'0' * 64} 5 - {path}\n")


def test_a_blob_that_is_read_as_a_file_is_checked_first(tmp_path: Path) -> None:
    cas = Cas(tmp_path)
    digest = cas.put_bytes(b"good")
    assert cas.verified(digest).read_bytes() == b"good"
    cas.path(digest).chmod(0o644)
    cas.path(digest).write_bytes(b"evil")
    with pytest.raises(CorruptBlob):
        cas.verified(digest)
    assert not cas.has(digest)


def test_a_blob_is_hashed_once_by_a_process(tmp_path: Path) -> None:
    data = random.Random(0).randbytes(LARGE)
    (tmp_path / "model").write_bytes(data)
    cas = Cas(tmp_path / "cas")
    before = _read_so_far()
    entry = cas.put_file(tmp_path / "model")
    cas.verified(entry.digest)
    cas.link(entry, tmp_path / "link")
    cas.materialise(Tree((entry,)), tmp_path / "shared", shared=True)
    assert _read_so_far() - before < 1.5 * LARGE
    assert (tmp_path / "shared/model").samefile(tmp_path / "link")
    cas.copy(entry, tmp_path / "copy")
    assert not (tmp_path / "copy").samefile(tmp_path / "link")
    assert Cas(tmp_path / "cas").verified(entry.digest).read_bytes() == data


def _read_so_far() -> int:
    """Bytes that this process has asked files for."""
    io = Path("/proc/self/io")
    if not io.exists():
        pytest.skip("this system does not count what a process reads")
    return int(io.read_text().split()[1])


def test_what_is_written_through_a_link_is_noticed_by_the_same_process(tmp_path: Path) -> None:
    cas = Cas(tmp_path / "cas")
    entry = Entry(path="f", digest=cas.put_bytes(b"good"), size=4)
    cas.link(entry, tmp_path / "link")
    cas.copy(entry, tmp_path / "copy")
    (tmp_path / "link").chmod(0o644)
    (tmp_path / "link").write_bytes(b"evil")
    with pytest.raises(CorruptBlob):
        cas.copy(entry, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"good"
    assert not cas.has(entry.digest)
