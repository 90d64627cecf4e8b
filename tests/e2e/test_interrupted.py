"""Builds that are stopped in the middle, and builds that meet: the cache is good afterwards, and nothing is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from select import select

import pytest

from .project import SECONDS, Project, Running, cases, contents, stored

NUMBERS = {"Ctrl-C": signal.SIGINT, "kill": signal.SIGTERM, "kill -9": signal.SIGKILL}


@pytest.mark.parametrize("how", cases(["Ctrl-C", "kill -9"], ["kill"]))
def test_a_build_that_is_stopped_loses_nothing(
    staged: Project, own_cache: Callable[[Project], Project], how: str
) -> None:
    project = own_cache(staged)
    project.build("--only", "train")
    good = stored(project.cache)
    project.edit("train.sh", "cp -r", "true; cp -r")
    with project.given(HOLD="yes").running("build", "--json", "--only", "train") as build:
        build.wait_for("holding")
        ended = build.end(NUMBERS[how])
    assert ended.code == (-9 if how == "kill -9" else 128 + NUMBERS[how])
    assert ended.err == ("" if how == "kill -9" else ended.err.splitlines()[0] + "\n"), "no trace"
    assert good.items() <= stored(project.cache).items()
    ran = project.build("--only", "train")
    assert ran.ran == {"train"}, "it was not finished, so it is not cached"
    assert not list((project.cache / "work").iterdir()), "what a killed build leaves is removed by the next"


@pytest.mark.slow
def test_two_builds_at_once_do_the_work_once(
    staged: Project, own_cache: Callable[[Project], Project], fresh: str
) -> None:
    count = staged.home / "count"
    project = own_cache(staged).given(COUNT=str(count))
    with project.running("build", "--json") as one, project.running("build", "--json") as other:
        ends = [one.end(), other.end()]
    assert [(e.code, e.err) for e in ends] == [(0, "")] * 2
    assert count.read_text() == "trained\n"
    together = contents(project / "build")
    again = project.run("build", "--force")
    assert again.code == 0
    assert contents(project / "build") == together


@pytest.mark.parametrize("how", cases(["kill"], ["Ctrl-C"]))
def test_a_build_that_is_stopped_leaves_no_command_running(staged: Project, how: str) -> None:
    mark = staged.home / "alive"
    staged.write("train.sh", 'echo $$ holding; while sleep 0.1; do date +%N > "$COUNT"; done\n')
    with staged.given(COUNT=str(mark)).running("build", "--json", "--only", "train") as build:
        build.wait_for("holding")
        assert build.end(NUMBERS[how]).code == 128 + NUMBERS[how]
    last = mark.read_text() if mark.exists() else ""
    staged.run("version")
    assert (mark.read_text() if mark.exists() else "") == last


def test_a_command_that_is_ended_while_it_writes_says_so(staged: Project) -> None:
    staged.write("deploy.yaml", "name: churn\n" + "".join(f"unknown_{n}: 1\n" for n in range(500)))
    with staged.running("check") as check:
        _wait_until_it_blocks(check)
        ended = check.end(signal.SIGTERM)
    assert ended.code == 128 + signal.SIGTERM
    assert "deployc: terminated; what was finished is kept\n" in ended.err
    assert "bug" not in ended.err


def _wait_until_it_blocks(command: Running) -> None:
    """Wait until a command sleeps, since it has filled the pipe that its messages go to."""
    process = Path(f"/proc/{command.process.pid}")
    with (process / "fd/2").open("wb", buffering=0) as messages:
        until = time.monotonic() + SECONDS
        while select([], [messages], [], 0)[1] or "State:\tS" not in (process / "status").read_text():
            assert time.monotonic() < until
            assert command.process.poll() is None, "it has ended"
