"""The payload log: some requests with their answers, as JSON lines that a thread of its own writes."""

from __future__ import annotations

import logging
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from queue import Full, Queue
from threading import Lock, Thread
from time import perf_counter
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from . import logs
from .info import Info
from .metrics import Metrics
from .problems import Rejected
from .settings import Settings
from .spelling import unspelled
from .web import Answer, Call, Request

SCHEMA = "payload/1"
REDACTED: tuple[str, ...] = ()
"""Columns that are left out of the rows."""
MAX_BYTES = 100_000_000
"""A file that would grow beyond this is put aside, and a new one begun."""
KEPT = 5
"""Files that were put aside and are kept, the newest with the lowest number."""
WAITING = 200
"""Requests that may wait to be written; more are dropped, so that no request ever waits for the log."""
ROWS = 1000
"""A request of more rows is dropped."""
FLUSH_SECONDS = 10.0

Decode = Callable[[Request], Call]

logger = logging.getLogger(__name__)


class Payload(msgspec.Struct, kw_only=True):
    """A line of the log. What is here keeps its name and meaning; more may come."""

    schema: str = SCHEMA
    time: datetime
    request_id: str
    name: str
    """What was asked, as it is called at /info."""
    model: str
    """Digest of the served model."""
    method: str
    rows: list[dict[str, object]]
    redacted: list[str]
    """Columns that are left out of the rows."""
    answers: list[object]
    """One for each row; none where the request failed."""
    status: int
    milliseconds: float
    """How long the whole request took."""
    dropped: int
    """Requests that this process could not log until now."""


@dataclass(slots=True)
class Asked:
    """One call of a request, and its answers as far as there are any."""

    call: Call
    answers: Sequence[msgspec.Struct] = ()


@dataclass(slots=True)
class Seen:
    """A request, before it is written."""

    time: datetime
    request_id: str
    about: Info
    asked: list[Asked] = field(default_factory=list)
    status: int = 200
    milliseconds: float = 0.0


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


class PayloadLog:
    """Takes a share of the requests; `path` None means standard error."""

    def __init__(
        self, path: Path | None, sample: float, metrics: Metrics, chance: Callable[[], float] = random.random
    ) -> None:
        self._path = path
        self._sample = sample
        self._metrics = metrics
        self._chance = chance
        self._queue: Queue[Seen | None] = Queue(WAITING)
        self._lock = Lock()
        self._dropped = 0
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to write; OSError when the file cannot be opened."""
        if self._sample > 0:
            target = RotatingFile(self._path) if self._path else sys.stderr.buffer
            self._thread = Thread(target=self._write, args=(target,), name="payload-log", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Write what waits, within FLUSH_SECONDS."""
        if self._thread:
            self._queue.put(None)
            self._thread.join(FLUSH_SECONDS)

    @contextmanager
    def watching(self, about: Info) -> Iterator[None]:
        """Log the request that is answered within and how it ended, if it is one of the sample.

        `about` is what answers it.
        """
        if self._chance() >= self._sample:
            yield
            return
        seen = Seen(datetime.now(timezone.utc), logs.request_id.get(), about)
        _seen.set(seen)
        started = perf_counter()
        try:
            yield
        except Exception as error:
            seen.status = error.status if isinstance(error, Rejected) else 500
            raise
        finally:
            _seen.set(None)
            seen.milliseconds = round((perf_counter() - started) * 1000, 3)
            self._offer(seen)

    def watched(self, decode: Decode) -> Decode:
        """What reads a request, so that what it asks is seen."""

        def watched(request: Request) -> Call:
            seen = _seen.get()
            return decode(request) if seen is None else noted(decode(request), seen)

        return watched

    def _offer(self, seen: Seen) -> None:
        if sum(len(asked.call.rows) for asked in seen.asked) > ROWS:
            self._drop()
        elif seen.asked:
            try:
                self._queue.put_nowait(seen)
            except Full:
                self._drop()

    def _drop(self) -> None:
        with self._lock:
            self._dropped += 1
        self._metrics.unlogged()

    def _write(self, target: BinaryIO | RotatingFile) -> None:
        while (seen := self._queue.get()) is not None:
            try:
                for line in payloads(seen, self._dropped):
                    target.write(msgspec.json.encode(line) + b"\n")
                target.flush()
            except OSError:
                self._drop()
                logger.warning("the payload log cannot be written", exc_info=True)


class RotatingFile:
    """A file that is put aside when it has grown; only its owner may read it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._opened()

    def write(self, line: bytes) -> None:
        """Append a line; OSError as the system has it."""
        if self._file.tell() + len(line) > MAX_BYTES and self._file.tell():
            self._file.close()
            for number in range(KEPT, 0, -1):
                self._put_aside(number)
            self._file = self._opened()
        self._file.write(line)

    def flush(self) -> None:
        self._file.flush()

    def _put_aside(self, number: int) -> None:
        older = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
        if older.exists():
            older.replace(self._path.with_name(f"{self._path.name}.{number}"))

    def _opened(self) -> BinaryIO:
        return open(self._path, "ab", opener=lambda path, flags: os.open(path, flags, 0o600))


def noted(found: Call, seen: Seen) -> Call:
    """The same, whose answers are seen when they come."""
    asked = Asked(found)
    seen.asked.append(asked)

    def answer(answers: Sequence[msgspec.Struct]) -> Answer | Call:
        asked.answers = answers
        after = found.answer(answers)
        return noted(after, seen) if isinstance(after, Call) else after

    return replace(found, answer=answer)


def place(settings: Settings) -> Path | None:
    """The file to write: each of several processes has its own, as none could put aside what another still writes."""
    path = settings.payload_log
    if path is None or settings.workers == 1:
        return path
    return path.with_name(f"{path.stem}-{os.getpid()}{path.suffix}")


def payloads(seen: Seen, dropped: int) -> Iterator[Payload]:
    """A line for each method that a request asked for, without the redacted columns."""
    for asked in seen.asked:
        rows = [msgspec.to_builtins(row) for row in asked.call.rows]
        rows = [{unspelled(name): value for name, value in row.items()} for row in rows]
        yield Payload(
            time=seen.time,
            request_id=seen.request_id,
            name=seen.about.name,
            model=seen.about.model.digest,
            method=asked.call.method,
            rows=[{name: value for name, value in row.items() if name not in REDACTED} for row in rows],
            redacted=[name for name in REDACTED if any(name in row for row in rows)],
            answers=[msgspec.to_builtins(answer) for answer in asked.answers],
            status=seen.status,
            milliseconds=seen.milliseconds,
            dropped=dropped,
        )
