"""The user's commands: what they see, what is kept of them, and what is said when they fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from deployc.compiler import command, sandbox
from deployc.compiler.execute import Outcome
from deployc.compiler.node import Environment
from deployc.schema.config import Command

from .space import Space

PYTHON = Path(sys.executable)


def build(
    space: Space,
    run: str,
    *,
    inputs: tuple[str, ...] = (),
    environ: dict[str, str] | None = None,
    timeout: str = "1h",
    network: bool = False,
    env: tuple[str, ...] = (),
) -> Outcome:
    what = Command(run=run, inputs=inputs, outputs=("out",), timeout=timeout, network=network, env=env)
    place = command.Place(field=("stages", "it"), root=space.user, cache=space.store.root, environ=environ or {})
    node = command.node(
        "it",
        what,
        outputs=("out",),
        inputs=command.sources(inputs, {}),
        environment="env-it",
        interpreter="cpython",
        place=place,
    )
    env = Environment(name="env-it", realise=lambda work: PYTHON)
    return space.build([env, node])


def failure(outcome: Outcome) -> tuple[str, str]:
    (diagnostic,) = outcome.failures["it"]
    return diagnostic.code, "\n".join([diagnostic.message, diagnostic.help, *diagnostic.notes])


def test_it_sees_its_inputs_and_nothing_else(space: Space) -> None:
    space.write("data/in.txt", "hello")
    space.write("other.txt", "secret")
    outcome = build(space, "cat data/in.txt > out; ls -A >> out", inputs=("data/*.txt",))
    assert space.text(outcome, "it") == "hellodata\nout\n"


def test_its_environment_is_clean(space: Space) -> None:
    outcome = build(space, "env > out", environ={"SECRET": "s", "DSN": "d"}, env=("DSN",))
    seen = dict(line.split("=", 1) for line in space.text(outcome, "it").splitlines())
    assert seen["DSN"] == "d"
    assert "SECRET" not in seen
    assert (seen["TZ"], seen["LANG"], seen["PYTHONHASHSEED"]) == ("UTC", "C.UTF-8", "0")


def test_a_passed_variable_is_named_in_the_key_without_its_value(space: Space) -> None:
    outcome = build(space, "echo > out", environ={"DSN": "hunter2"}, env=("DSN",))
    assert "DSN" in outcome.manifests["it"]
    assert "hunter2" not in outcome.manifests["it"]


@pytest.mark.skipif(not sandbox.available(), reason="this machine allows no namespaces")
def test_it_cannot_read_the_users_folder_by_its_full_path(space: Space) -> None:
    space.write("secret.txt", "s")
    code, text = failure(build(space, f"cat {space.user}/secret.txt > out"))
    assert code == "undeclared-input"
    assert "add secret.txt to `inputs`" in text


@pytest.mark.skipif(not sandbox.available(), reason="this machine allows no namespaces")
def test_it_has_no_network_unless_it_says_so(space: Space) -> None:
    ask = "python -c \"print([l for l in open('/proc/net/dev') if ':' in l].__len__())\" > out"
    assert space.text(build(space, ask), "it").strip() == "1"
    assert "param network no -> yes" in _reasons(space, ask)


def _reasons(space: Space, ask: str) -> tuple[str, ...]:
    build(space, ask, network=True)
    return space.told("started")["it"]


def test_an_undeclared_file_is_named(space: Space) -> None:
    space.write("data.csv", "1")
    space.write("go.py", "open('data.csv').read()")
    code, text = failure(build(space, "python go.py", inputs=("go.py",)))
    assert code == "undeclared-input"
    assert "add data.csv to `inputs`" in text


def test_a_failure_shows_its_code_and_its_last_lines(space: Space) -> None:
    code, text = failure(build(space, "echo the reason; exit 3"))
    assert code == "command-failed"
    assert "exit code 3" in text
    assert "only its inputs" in text
    assert "the reason" in text


@pytest.mark.parametrize(
    ("command", "words"),
    [("kill -9 $$", "was ended by signal 9 (Killed)"), ("sh -c 'kill -9 $$'; exit $?", "ended with exit code 137")],
)
def test_one_that_the_system_killed_is_told_of_memory(space: Space, command: str, words: str) -> None:
    _, text = failure(build(space, command))
    assert words in text
    assert "memory" in text


def test_a_command_that_hangs_is_stopped_with_its_children(space: Space) -> None:
    code, text = failure(build(space, "sleep 1000 & sleep 1000", timeout="300ms"))
    assert code == "command-timeout"
    assert "300ms" in text


def test_what_a_command_leaves_in_the_background_does_not_hold_the_build(space: Space) -> None:
    outcome = build(space, "sleep 1000 & echo done > out")
    assert space.text(outcome, "it") == "done\n"


def test_a_command_that_writes_nothing_is_told_what_it_wrote(space: Space) -> None:
    code, text = failure(build(space, "echo > elsewhere"))
    assert code == "output-missing"
    assert "it wrote: elsewhere" in text


def test_a_link_is_no_output(space: Space) -> None:
    code, _ = failure(build(space, "mkdir out; ln -s /etc/passwd out/link"))
    assert code == "bad-output"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2h", 7200), ("5m", 300), ("250ms", 0.25)])
def test_durations(text: str, seconds: float) -> None:
    assert command.seconds(text) == seconds
