"""Training that goes wrong: the error says what and where, and what was built stays as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .project import Project, contents


@pytest.fixture
def good(trained: Project) -> Iterator[Project]:
    """A project that was built; whatever a test does to it, its outputs stay, and it builds again."""
    before, train, config = contents(trained / "build"), *(trained / n for n in ("train.sh", "deploy.yaml"))
    texts = train.read_text(), config.read_text()
    yield trained
    assert contents(trained / "build") == before
    train.write_text(texts[0])
    config.write_text(texts[1])
    assert trained.build().ran == set()
    assert contents(trained / "build") == before


def test_a_training_that_fails(good: Project) -> None:
    good.write("train.sh", "echo it looks bad\nexit 3\n")
    told = good.fails("command-failed", own_traceback=True)
    assert "`sh train.sh` ended with exit code 3" in told
    assert "deploy.yaml:7:10" in told
    assert "it looks bad" in told
    assert good.fails("command-failed") == told, "a failure is not cached, and told again"


def test_a_training_that_hangs(good: Project) -> None:
    good.write("train.sh", "echo waiting\nsleep 1000\n")
    good.edit("deploy.yaml", "env: [HOLD, COUNT]", "timeout: 300ms")
    told = good.fails("command-timeout")
    assert "deploy.yaml:9:14" in told
    assert "ran longer than 300ms" in told
    assert "waiting" in told


def test_a_training_that_writes_nothing(good: Project) -> None:
    good.write("train.sh", "echo done; mkdir model; touch elsewhere.txt\n")
    told = good.fails("output-missing")
    assert "did not write model" in told
    assert "elsewhere.txt" in told
    assert "deploy.yaml:" in told


def test_a_training_that_reads_what_it_did_not_declare(good: Project) -> None:
    good.write("secret.csv", "a\n1\n")
    good.write("train.sh", "cat 'secret.csv' || { echo \"cannot open 'secret.csv'\"; exit 1; }\ncp -r made model\n")
    told = good.fails("undeclared-input")
    assert "add secret.csv to `inputs`" in told
    assert "deploy.yaml:8:" in told
    (good / "secret.csv").unlink()


def test_a_training_that_reads_the_users_folder_by_its_whole_path(good: Project) -> None:
    secret = good.write("secret.csv", "a\n1\n")
    good.write("train.sh", f"cat {secret} || exit 1\ncp -r made model\n")
    assert "secret.csv" in good.fails("undeclared-input")
    secret.unlink()


def test_a_training_that_uses_the_network(good: Project) -> None:
    good.write("train.sh", "getent hosts example.org && cp -r made model\n")
    assert "it has no network" in good.fails("command-failed")


def test_a_training_that_writes_a_link(good: Project) -> None:
    good.write("train.sh", "cp -r made model; ln -s /etc/passwd model/link\n")
    told = good.fails("bad-output")
    assert "link" in told
    assert "deploy.yaml:" in told


def test_a_training_that_prints_what_is_no_text(good: Project) -> None:
    good.write("train.sh", "printf '\\377\\000\\033[2J'; echo; exit 1\n")
    told = good.fails("command-failed")
    assert "\x1b" not in told
    assert "\x00" not in told


def test_a_training_whose_requirements_cannot_be_met(good: Project) -> None:
    lock = (good / "deploy.lock").read_bytes()
    good.edit("deploy.yaml", "env: [HOLD, COUNT]", "requirements: [deployc-no-such-distribution==1]")
    told = good.fails("lock-unresolvable")
    assert "deploy.yaml:9:" in told
    assert "deployc-no-such-distribution" in told
    assert (good / "deploy.lock").read_bytes() == lock
