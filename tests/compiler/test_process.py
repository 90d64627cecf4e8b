"""Commands of a build: how they end says something of them only where the build did not end them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deployc.compiler.process import GivenUp, Processes, cut_short, ending
from deployc.compiler.sandbox import available, confined


def test_a_command_that_is_ended_with_its_build_has_no_exit_code(tmp_path: Path) -> None:
    processes, begun = Processes(), threading.Event()

    def run() -> int:
        command = ["sh", "-c", "echo begun; sleep 1000"]
        return processes.run(command, folder=tmp_path, environ=os.environ, log=lambda line: begun.set())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        assert begun.wait(60)
        processes.end_all()
        with pytest.raises(GivenUp):
            running.result(60)


def test_no_command_begins_once_its_build_has_ended(tmp_path: Path) -> None:
    processes = Processes()
    processes.end_all()
    with pytest.raises(GivenUp):
        processes.run(["true"], folder=tmp_path, environ=os.environ, log=lambda line: None)


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_ends_by_itself_has_its_own(tmp_path: Path, code: int) -> None:
    lines: list[str] = []
    command = ["sh", "-c", f"echo one; exit {code}"]
    assert Processes().run(command, folder=tmp_path, environ=os.environ, log=lines.append) == code
    assert lines == ["one"]


@pytest.mark.parametrize(("signal", "words", "foreign"), [(9, "signal 9 (Killed)", True), (11, "signal 11", False)])
def test_a_signal_that_ends_one_is_told_through_the_sandbox_too(
    tmp_path: Path, signal: int, words: str, foreign: bool
) -> None:
    command = ["python3", "-c", f"import os; os.kill(os.getpid(), {signal})"]
    for each in (command, *([confined(command, network=False, hidden=None)] if available() else [])):
        code = Processes().run(each, folder=tmp_path, environ=os.environ, log=print)
        assert code == -signal
        assert words in ending(code)
        assert cut_short(code) == foreign
