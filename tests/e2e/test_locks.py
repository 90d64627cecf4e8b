"""deploy.lock from the command line: when it is made, when it must be there, and what happens when it is bad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from .project import Project, cases, contents


@pytest.mark.parametrize("how", ["--locked", "CI"])
def test_a_stale_lock_is_not_resolved_where_that_is_forbidden(trained: Project, how: str) -> None:
    lock, output = (trained / "deploy.lock").read_bytes(), contents(trained / "build")
    trained.edit("deploy.yaml", "env: [HOLD, COUNT]", "requirements: [packaging]")
    project = trained.given(CI="true") if how == "CI" else trained
    told = project.fails("lock-stale", *(["--locked"] if how == "--locked" else []))
    assert "packaging" in told
    assert "deployc lock" in told
    assert (trained / "deploy.lock").read_bytes() == lock
    assert contents(trained / "build") == output


def test_a_missing_lock_fails_in_ci_unless_it_is_allowed(given: Project) -> None:
    project = given.given(CI="true")
    assert "deploy.lock" in project.fails("lock-stale", "--only", "env-serve")
    project.build("--no-locked", "--only", "env-serve")
    assert (given / "deploy.lock").is_file()
    project.build("--only", "env-serve")


def test_lock_makes_it_and_builds_nothing(given: Project) -> None:
    ran = given.run("lock")
    assert ran.code == 0, ran.err
    assert "serve" in ran.err
    assert (given / "deploy.lock").is_file()
    assert not (given / "build").exists()
    first = (given / "deploy.lock").read_bytes()
    given.run("lock")
    assert (given / "deploy.lock").read_bytes() == first


BROKEN = {
    "words": "nonsense {",
    "empty": "",
    "bytes": "\x00\xff",
    "of a later deployc": "version: 99\n",
    "a list": "[]",
}


@pytest.mark.parametrize("how", cases(["empty", "a list"], ["words", "bytes", "of a later deployc"]))
def test_a_lock_that_is_broken_is_told_and_not_replaced(given: Project, how: str) -> None:
    text = BROKEN[how]
    (given / "deploy.lock").write_text(text, encoding="utf-8")
    ran = given.run("build")
    assert ran.code == 1, ran.err
    assert len(ran.codes) == 1, ran.err
    assert "deploy.lock" in ran.err
    assert (given / "deploy.lock").read_text(encoding="utf-8") == text


def test_a_lock_cut_in_the_middle_is_told(given: Project) -> None:
    given.run("lock")
    whole = (given / "deploy.lock").read_text(encoding="utf-8")
    given.write("deploy.lock", whole[: len(whole) // 2])
    ran = given.run("build")
    assert ran.code == 1, "half of the pins are no lock"
    assert "deploy.lock" in ran.err


def test_offline_builds_from_the_caches(ready: Project) -> None:
    (ready / "deploy.lock").unlink()
    without_network = ready.given(HTTPS_PROXY="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")
    without_network.build("--offline")


def test_offline_says_what_is_not_in_the_caches(
    given: Project, own_cache: Callable[[Project], Project], tmp_path: Path
) -> None:
    given.run("lock")
    empty = replace(own_cache(given), uv_cache=tmp_path / "no packages", cache=tmp_path / "nothing")
    told = empty.fails("offline-miss", "--offline")
    assert "--offline" in told
