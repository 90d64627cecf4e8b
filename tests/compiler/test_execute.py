"""What a user can rely on when a plan is executed."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from deployc.compiler.cas import CorruptBlob
from deployc.compiler.node import Environment, Node, Unproved, Work
from deployc.compiler.tree import Tree
from deployc.schema.diagnostics import UserError, fail

from .space import Space


def chain(space: Space, **params: str) -> list[Node]:
    return [
        space.node("read", files=["in.txt"]),
        space.node("strip", needs=["read"], make=lambda w: {"out": _only(w).strip()}),
        space.node("use", needs=["strip"], params=params),
    ]


def _only(work: Work) -> str:
    (tree,) = work.inputs.values()
    return work.cas.text(tree, "out")


def test_the_second_build_runs_nothing(space: Space) -> None:
    space.write("in.txt", "a")
    space.build(chain(space))
    assert space.ran == ["read", "strip", "use"]
    space.build(chain(space))
    assert space.ran == []
    assert set(space.told("cached")) == {"read", "strip", "use"}


def test_a_touched_file_runs_nothing(space: Space) -> None:
    space.write("in.txt", "a")
    space.build(chain(space))
    os.utime(space.user / "in.txt", (1, 1))
    space.build(chain(space))
    assert space.ran == []


def test_an_equal_output_cuts_off_what_follows(space: Space) -> None:
    space.write("in.txt", "a")
    space.build(chain(space))
    space.write("in.txt", "a   ")
    space.build(chain(space))
    assert space.ran == ["read", "strip"]
    assert space.told("started")["read"] == ("input in.txt changed",)


def test_a_changed_parameter_reruns_its_node_alone_and_is_named(space: Space) -> None:
    space.write("in.txt", "a")
    space.build(chain(space, port="8000"))
    space.build(chain(space, port="9000"))
    assert space.ran == ["use"]
    assert space.told("started") == {"use": ("param port 8000 -> 9000",)}


def test_going_back_to_an_earlier_input_runs_nothing(space: Space) -> None:
    for text in ("a", "b"):
        space.write("in.txt", text)
        space.build(chain(space))
    space.write("in.txt", "a")
    space.build(chain(space))
    assert space.ran == []


def test_a_dry_run_says_what_a_build_then_runs(space: Space) -> None:
    space.write("in.txt", "a")
    space.build(chain(space))
    space.write("in.txt", "b")
    space.build(chain(space), dry=True)
    assert space.ran == []
    assert space.told("would-run") == {"read": ("input in.txt changed",)}
    assert set(space.told("may-run")) == {"strip", "use"}


def failing(name: str, space: Space, **more: object) -> Node:
    def make(work: Work) -> Mapping[str, str]:
        work.log("my log")
        raise fail("broken", "it broke")

    return space.node(name, files=["in.txt"], make=make)


def test_a_failure_is_not_cached_and_skips_what_needs_it(space: Space) -> None:
    space.write("in.txt", "a")
    nodes = [failing("bad", space), space.node("after", needs=["bad"])]
    for _ in range(2):
        outcome = space.build(nodes)
        assert space.ran == ["bad"]
        assert outcome.failures["bad"][0].code == "broken"
        assert outcome.logs["bad"] == ["my log"]
    assert "after" not in outcome.trees


def test_keep_going_finishes_independent_nodes(space: Space) -> None:
    space.write("in.txt", "a")
    nodes = [failing("bad", space), space.node("one", files=["in.txt"]), space.node("two", needs=["one"])]
    assert "two" not in space.build(nodes, jobs=1).trees
    assert "two" in space.build(nodes, keep_going=True, jobs=1).trees


def test_independent_nodes_run_at_once(space: Space) -> None:
    barrier = threading.Barrier(2, timeout=20)

    def meet(work: Work) -> Mapping[str, str]:
        barrier.wait()
        return {"out": ""}

    outcome = space.build([space.node("a", make=meet), space.node("b", make=meet)], jobs=2)
    assert not outcome.failures


def environment(space: Space, name: str = "env") -> Environment:
    def realise(work: Work) -> Path:
        space.ran.append(name)
        return Path("/bin/sh")

    return Environment(name=name, params={"pin": "1"}, realise=realise)


def test_an_environment_is_made_only_for_a_node_that_runs(space: Space) -> None:
    space.write("in.txt", "a")
    user = space.node("use", files=["in.txt"], environments=("env",))
    space.build([environment(space), user])
    assert space.ran == ["env", "use"]
    space.build([environment(space), user])
    assert space.ran == []


def test_an_environment_that_cannot_be_made_fails_what_needs_it(space: Space) -> None:
    def realise(work: Work) -> Path:
        raise fail("no-wheel", "there is none")

    nodes = [Environment(name="env", realise=realise), space.node("use", environments=("env",))]
    outcome = space.build(nodes)
    assert set(outcome.failures) == {"env"}
    assert space.ran == []


def test_a_flipped_bit_in_the_cache_is_a_miss_never_a_wrong_result(space: Space) -> None:
    space.write("in.txt", "abc")
    first = space.build(chain(space, port="1"))
    blob = space.store.cas.path(first.trees["strip"]["out"].digest)
    blob.chmod(0o644)
    blob.write_bytes(b"abd")
    with pytest.raises(CorruptBlob):
        space.build(chain(space, port="2"))
    again = space.build(chain(space, port="2"))
    assert space.text(again, "use") == "abc"


def test_blobs_that_were_spoilt_together_are_made_again_together(space: Space) -> None:
    def nodes(port: str) -> list[Node]:
        made = [space.node(name, make=lambda work, name=name: {"out": name}) for name in ("one", "other")]
        return [*made, space.node("use", needs=["one", "other"], params={"port": port})]

    first = space.build(nodes("1"))
    for name in ("one", "other"):
        blob = space.store.cas.path(first.trees[name]["out"].digest)
        blob.chmod(0o644)
        blob.write_bytes(name[::-1].encode())
    with pytest.raises(CorruptBlob):
        space.build(nodes("2"))
    assert space.text(space.build(nodes("2")), "use") == "oneother"
    assert {*space.ran} == {"one", "other", "use"}


def test_a_missing_blob_is_made_again(space: Space) -> None:
    space.write("in.txt", "abc")
    first = space.build(chain(space))
    space.store.cas.path(first.trees["use"]["out"].digest).unlink()
    again = space.build(chain(space))
    assert space.text(again, "use") == "abc"


def test_two_builds_at_once_run_an_action_once(space: Space) -> None:
    entered, release = threading.Event(), threading.Event()

    def slow(work: Work) -> Mapping[str, str]:
        entered.set()
        assert release.wait(20)
        return {"out": "x"}

    node = space.node("slow", make=slow)
    other = Space(space.root)
    found: list[Tree] = []
    threads = [threading.Thread(target=lambda s=s: found.append(s.build([node]).trees["slow"])) for s in (space, other)]
    threads[0].start()
    assert entered.wait(20)
    threads[1].start()
    release.set()
    for thread in threads:
        thread.join(20)
    assert [t.digest for t in found] == [found[0].digest] * 2
    assert space.ran.count("slow") == 1


def test_stages_that_need_each_other_are_refused(space: Space) -> None:
    with pytest.raises(UserError, match="stage-cycle"):
        space.build([space.node("a", needs=["b"]), space.node("b", needs=["a"])])


def test_a_check_that_lacks_what_it_needs_fails_nothing_is_told_and_is_tried_again(space: Space) -> None:
    lacking = [True]

    def prove(work: Work) -> Mapping[str, str]:
        if lacking:
            raise Unproved("there is no engine")
        return {"out": "held"}

    nodes = [space.node("prove", make=prove), space.node("other")]
    outcome = space.build(nodes)
    assert (outcome.unproved, outcome.failures) == ({"prove": "there is no engine"}, {})
    assert set(outcome.trees) == {"other"}
    assert [event.line for event in space.events if event.kind == "unproved"] == ["there is no engine"]
    lacking.clear()
    assert space.build(nodes).unproved == {}
    assert space.ran == ["prove"]
