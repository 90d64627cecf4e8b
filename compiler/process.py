"""Commands that a build starts, and that end with it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

FAULTS = frozenset(map(int, (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)))
"""Signals by which a program ends itself, for a mistake in it; the others come from elsewhere."""


class TimedOut(Exception):
    """A command ran longer than it may; it and its children have been killed."""


class GivenUp(Exception):
    """The build ended while this waited."""


def ending(code: int) -> str:
    """How a command ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by signal {-code} ({signal.strsignal(-code)})"


def cut_short(code: int) -> bool:
    """Whether something else ended a command, such as a system without memory: that says nothing of the command."""
    return code < 0 and -code not in FAULTS


@dataclass(frozen=True, slots=True)
class Processes:
    """The running commands of one build, each the leader of a process group of its own."""

    running: set[subprocess.Popen[str]] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)
    """Set once the build is being given up: no command starts any more, and nothing waits."""

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        log: Callable[[str], None],
        timeout: float | None = None,
    ) -> int:
        """Run a command to its end, its output going to `log` line by line; returns its exit code, or minus a signal.

        `timeout` is in seconds; TimedOut when it was reached. GivenUp where the build was: how the command ended then
        says nothing of it.
        """
        with self.started(command, folder=folder, environ=environ, log=log) as (process, reader):
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise TimedOut from None
            end(process)  # what it has left in the background would keep its output open
            reader.join()
        if self.ended.is_set():
            raise GivenUp
        return code

    @contextmanager
    def started(
        self, command: Sequence[str], *, folder: Path, environ: Mapping[str, str], log: Callable[[str], None]
    ) -> Iterator[tuple[subprocess.Popen[str], threading.Thread]]:
        """A command in the background, with the thread that reads its output; killed when the block ends."""
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            start_new_session=True,
        )
        self.running.add(process)
        if self.ended.is_set():
            end(process)
        reader = threading.Thread(target=_read, args=(process, log), daemon=True)
        reader.start()
        try:
            yield process, reader
        finally:
            end(process)
            reader.join(timeout=5)
            self.running.discard(process)

    def end_all(self) -> None:
        """Kill what still runs, children included, and what would start from now on."""
        self.ended.set()
        for process in tuple(self.running):
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process group, also when its leader has already gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(process: subprocess.Popen[str], log: Callable[[str], None]) -> None:
    if process.stdout:
        for line in process.stdout:
            log(line.rstrip("\n"))


def hold(handle: int, ended: threading.Event) -> None:
    """Lock an open file as soon as no other process does; GivenUp when the build ends before."""
    while not ended.is_set():
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        ended.wait(0.05)
    raise GivenUp
