"""One file scored from its beginning to its end, or from where it was interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec
from msgspec.inspect import IntType

from . import reading, writing
from .info import build
from .parquet import ParquetReader, ParquetWriter
from .reading import CsvReader, InputError, JsonReader, Reader, check_columns
from .resuming import Output, Sink, Stream
from .scoring import ANSWERS, Numbered, Scorer, asking
from .writing import CsvWriter, JsonWriter, Writer

READERS: dict[str, reading.Opened] = {"csv": CsvReader, "jsonl": JsonReader, "parquet": ParquetReader}
WRITERS: dict[str, writing.Opened] = {"csv": CsvWriter, "jsonl": JsonWriter, "parquet": ParquetWriter}
STREAM = "-"
KEEP_SECONDS = 1.0
"""How much work an interruption may lose."""
TELL_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be scored, and how."""

    source: str
    target: str
    methods: Sequence[str]
    kept: Sequence[str]
    read_as: str
    write_as: str
    errors: str
    rows: int

    def run(self, file: BinaryIO) -> str:
        """A name for everything that decides what is written, of an input that can be read again."""
        stat = os.fstat(file.fileno())
        what = [self.methods, self.kept, self.read_as, self.write_as, self.rows, build()]
        return sha256(
            msgspec.json.encode([os.path.realpath(self.source), stat.st_size, stat.st_mtime_ns, what])
        ).hexdigest()


@dataclass(slots=True)
class Teller:
    """Says from time to time how far it is."""

    file: TextIO
    clock: Callable[[], float]
    total: int
    began: float
    before: int
    """Rows of an earlier run."""
    told: float

    def tell(self, rows: int, bad: int, place: int) -> None:
        """Say so, unless that was said a moment ago."""
        now = self.clock()
        if now - self.told >= TELL_SECONDS:
            self.told = now
            part = f", {place / self.total:.0%} of the file" if self.total else ""
            speed = (rows - self.before) / (now - self.began)
            print(f"{rows} rows, {bad} bad{part}, {speed:.0f} rows/s", file=self.file, flush=True)


def score(asked: Asked, log: TextIO, clock: Callable[[], float]) -> int:
    """Score; how many rows have no answer. OSError, InputError and Busy say why it cannot."""
    with ExitStack() as stack:
        file = sys.stdin.buffer if asked.source == STREAM else stack.enter_context(open(asked.source, "rb"))
        sink = stack.enter_context(closing(_sink(asked, file, stack)))
        reader = READERS[asked.read_as](file, sink.progress.place)
        check_columns(reader, asked.kept)
        writer = _writer(asked, reader)
        if sink.progress.rows:
            print(f"going on after {sink.progress.rows} rows", file=log)
        ask = stack.enter_context(asking())
        scorer = Scorer(ask, reader, asked.methods, asked.kept)
        now = clock()
        teller = Teller(log, clock, reader.total, now, sink.progress.rows, now)
        rows, bad = _scored(scorer, reader, writer, sink, teller, asked.rows)
    where = f", see {asked.errors}" if bad and asked.errors else ""
    print(f"{rows} rows, {bad} bad{where}", file=log)
    return bad


def _scored(scorer: Scorer, reader: Reader, writer: Writer, sink: Sink, teller: Teller, size: int) -> tuple[int, int]:
    """Score all rows; how many there are, and how many of them are bad."""
    rows, bad, place = sink.progress.rows, sink.progress.bad, sink.progress.place
    kept = teller.began
    if not rows:
        sink.write(writer.head(), b"")
    for chunk in _chunks(reader, rows, size):
        found = scorer.score(chunk)
        sink.write(writer.lines(found.answers), msgspec.json.Encoder().encode_lines(found.bad))
        rows, bad, place = rows + len(chunk), bad + len(found.bad), chunk[-1].record.place
        if teller.clock() - kept >= KEEP_SECONDS:
            sink.keep(rows=rows, bad=bad, place=place)
            kept = teller.clock()
        teller.tell(rows, bad, place)
    sink.keep(rows=rows, bad=bad, place=place)
    sink.publish(writer.finish)
    return rows, bad


def _chunks(reader: Reader, before: int, size: int) -> Iterator[list[Numbered]]:
    numbered = (Numbered(number, record) for number, record in enumerate(reader, before + 1))
    while chunk := [*islice(numbered, size)]:
        yield chunk


def _sink(asked: Asked, file: BinaryIO, stack: ExitStack) -> Sink:
    if asked.target == STREAM:
        return Stream(sys.stdout.buffer, stack.enter_context(_errors(asked.errors)))
    run = os.urandom(16).hex() if asked.source == STREAM else asked.run(file)
    return Output(Path(asked.target), Path(asked.errors), run)


@contextmanager
def _errors(path: str) -> Iterator[BinaryIO]:
    """The file, or standard error where none is named."""
    if not path:
        yield sys.stderr.buffer
        return
    with open(path, "wb") as file:
        yield file


def _writer(asked: Asked, reader: Reader) -> Writer:
    kept = [writing.Column((name,), reader.kind(name)) for name in asked.kept]
    answers = writing.answer_columns([ANSWERS[method] for method in asked.methods])
    writer = WRITERS[asked.write_as]([writing.Column(("row",), IntType()), *kept, *answers])
    if asked.target == STREAM and not writer.streams:
        raise InputError(f"{asked.write_as} cannot be written to standard output")
    return writer
