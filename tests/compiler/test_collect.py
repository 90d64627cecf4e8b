"""What a user can rely on when the cache is cleared of what is not used any more."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deployc.compiler.collect import collect
from deployc.compiler.node import Node, Work
from deployc.compiler.recipe import Held
from deployc.compiler.tree import Entry, Tree

from .space import Space

OLD, SINCE = 1e9, 1.5e9


def age(space: Space) -> None:
    """Make all that the cache holds old."""
    for path in space.store.root.rglob("*"):
        os.utime(path, (OLD, OLD))


def test_what_builds_have_used_stays_and_what_they_have_not_goes(space: Space) -> None:
    before = [space.node("one", params={"of": "old"}), space.node("two", params={"of": "both"})]
    space.build(before)
    age(space)
    after = [space.node("one", params={"of": "new"}), space.node("two", params={"of": "both"})]
    space.build(after)
    assert space.ran == ["one"]

    assert collect(space.store, keep_commands=True, since=SINCE) > 0
    space.build(after)
    assert space.ran == []
    space.build(before)
    assert space.ran == ["one"]


def test_what_a_blob_is_made_of_stays_as_long_as_it_does(space: Space) -> None:
    def run(work: Work) -> Tree:
        digest, size = work.cas.put_parts([b"head", Held(work.cas.put_bytes(b"model"), 5)])
        return Tree((Entry(path="layer", digest=digest, size=size),))

    layer = Node(name="layer", params={"run": "made by hand"}, run=run)
    outcome = space.build([layer])
    age(space)
    collect(space.store, keep_commands=True, since=SINCE)
    assert space.store.cas.get(outcome.trees["layer"]["layer"].digest) == b"headmodel"
    age(space)
    collect(space.store, keep_commands=False, since=SINCE)
    assert not [path for path in space.store.cas.root.rglob("*") if path.is_file()]


def test_environments_go_by_when_they_were_taken(space: Space) -> None:
    envs = space.store.environments
    for name, time in (("old", OLD), ("new", SINCE)):
        (envs / name / "bin").mkdir(parents=True)
        marker = envs / name / "deployc-complete"
        marker.touch()
        os.utime(marker, (time, time))
    collect(space.store, keep_commands=True, since=SINCE)
    assert [path.name for path in envs.iterdir()] == ["new"]


def test_what_a_command_of_the_user_s_made_stays_however_old(space: Space, tmp_path: Path) -> None:
    made = [space.node("train", params={"run": "python train.py"})]
    space.build(made)
    age(space)
    collect(space.store, keep_commands=True, since=SINCE)
    space.build(made)
    assert space.ran == []
    age(space)
    collect(space.store, keep_commands=False, since=SINCE)
    space.build(made)
    assert space.ran == ["train"]


def test_it_goes_on_beside_builds_and_they_beside_it(space: Space) -> None:
    """What is written and removed while it looks around is no mistake."""
    ended = threading.Event()

    def build() -> None:
        try:
            for number in range(60):
                space.build([space.node(f"n{i}", params={"of": f"{number}"}) for i in range(5)])
        finally:
            ended.set()

    with ThreadPoolExecutor() as pool:
        building = pool.submit(build)
        while not ended.is_set():
            collect(space.store, keep_commands=True, since=SINCE)
        building.result()
    space.build([space.node(f"n{i}", params={"of": "59"}) for i in range(5)])
    assert space.ran == []
