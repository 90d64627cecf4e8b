"""Commands that a build starts, and that end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


class TimedOut(Exception):
    """A command ran longer than it may; it and its children have been killed."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The running commands of one build, each the leader of a process group of its own."""

    running: set[subprocess.Popen[str]] = field(default_factory=set)

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        log: Callable[[str], None],
        timeout: float | None = None,
    ) -> int:
        """Run a command to its end, its output going to `log` line by line; returns its exit code.

        `timeout` is in seconds; TimedOut when it was reached.
        """
        with self.started(command, folder=folder, environ=environ, log=log) as (process, reader):
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise TimedOut from None
            reader.join()
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
        reader = threading.Thread(target=_read, args=(process, log), daemon=True)
        reader.start()
        try:
            yield process, reader
        finally:
            end(process)
            reader.join(timeout=5)
            self.running.discard(process)

    def end_all(self) -> None:
        """Kill what still runs, children included."""
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
