"""The files that scoring makes: they appear when they are whole, and what was done before an interruption is kept."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec


class Busy(Exception):
    """Another process is making the same file."""


class Progress(msgspec.Struct, kw_only=True, frozen=True):
    """How far it is, at a moment when all that is said here is on disk."""

    run: str
    """A name for everything that decides what is written."""
    rows: int = 0
    bad: int = 0
    place: int = 0
    """Of the input, from where to go on."""
    answers: int = 0
    """Bytes of the answers, and of the errors."""
    errors: int = 0


class Sink(Protocol):
    """Where answers and errors go."""

    progress: Progress
    """From where to go on."""

    def write(self, answers: bytes, errors: bytes) -> None:
        """Add to both; OSError when the disk is full."""

    def keep(self, *, rows: int, bad: int, place: int) -> None:
        """From here it goes on after an interruption."""

    def publish(self, finish: Callable[[Path], Path]) -> None:
        """All is written. `finish` gives the file that the answers are to be, made of what was written."""

    def close(self) -> None:
        """Leave all as it is."""


class Stream:
    """The answers as they come, of which nothing is kept."""

    def __init__(self, answers: BinaryIO, errors: BinaryIO) -> None:
        self._answers, self._errors = answers, errors
        self.progress = Progress(run="")

    def write(self, answers: bytes, errors: bytes) -> None:
        self._answers.write(answers)
        self._answers.flush()
        self._errors.write(errors)

    def keep(self, *, rows: int, bad: int, place: int) -> None:
        self._errors.flush()

    def publish(self, finish: Callable[[Path], Path]) -> None:
        self._errors.flush()

    def close(self) -> None:
        """They belong to whoever opened them."""


class Output:
    """The answers at `path` and the rows without one at `errors`, made beside them in files that end in .part.

    What another `run` left there is thrown away.
    """

    def __init__(self, path: Path, errors: Path, run: str) -> None:
        self._path, self._errors_path = path, errors
        self._part, self._errors_part = _beside(path, ".part"), _beside(errors, ".part")
        self._progress_path = _beside(path, ".progress")
        self._answers = _opened(self._part)
        try:
            fcntl.flock(self._answers, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another process is making {path}") from None
        if not _is_at(self._answers, self._part):
            # It was published between the two lines before: what is open now is another's result.
            raise Busy(f"another process has just made {path}")
        self._errors = _opened(self._errors_part)
        self.progress = self._found(run)
        self.stale = self.progress.rows == 0 and _size(self._answers) > 0
        """Whether there was something from which it cannot go on."""
        _cut(self._answers, self.progress.answers)
        _cut(self._errors, self.progress.errors)

    def write(self, answers: bytes, errors: bytes) -> None:
        self._answers.write(answers)
        self._errors.write(errors)

    def keep(self, *, rows: int, bad: int, place: int) -> None:
        for file in (self._answers, self._errors):
            file.flush()
            os.fsync(file.fileno())
        self.progress = Progress(
            run=self.progress.run,
            rows=rows,
            bad=bad,
            place=place,
            answers=self._answers.tell(),
            errors=self._errors.tell(),
        )
        new = _beside(self._progress_path, ".new")
        new.write_bytes(msgspec.json.encode(self.progress))
        new.replace(self._progress_path)

    def publish(self, finish: Callable[[Path], Path]) -> None:
        made = finish(self._part)
        if self.progress.errors:
            self._errors_part.replace(self._errors_path)
        else:
            self._errors_part.unlink()
            self._errors_path.unlink(missing_ok=True)
        made.replace(self._path)
        self._part.unlink(missing_ok=True)
        self._progress_path.unlink()
        self.close()

    def close(self) -> None:
        for file, path in ((self._answers, self._part), (self._errors, self._errors_part)):
            if not self.progress.rows and _is_at(file, path):
                path.unlink()
            file.close()

    def _found(self, run: str) -> Progress:
        try:
            found = msgspec.json.decode(self._progress_path.read_bytes(), type=Progress)
        except (OSError, msgspec.DecodeError):
            return Progress(run=run)
        there = _size(self._answers) >= found.answers and _size(self._errors) >= found.errors
        return found if found.run == run and there else Progress(run=run)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _opened(path: Path) -> BinaryIO:
    return open(path, "r+b" if path.exists() else "x+b")


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _cut(file: BinaryIO, size: int) -> None:
    file.truncate(size)
    file.seek(size)
