"""Numbers that cost next to nothing to count: Prometheus' own take as long as a compiled model does to answer."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import count
from math import inf
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from prometheus_client import Metric

SUFFIXES = {"counter": "_total", "gauge": "", "info": "_info"}

Kind = Literal["counter", "gauge", "histogram", "info"]
Name = tuple[str, ...]
"""The family of a number, and the values of its labels."""


class Family:
    """Numbers of one kind, told apart by labels; `bounds` are those of a histogram's buckets."""

    def __init__(
        self, counts: Counts, kind: Kind, name: str, about: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._counts = counts
        self._kind = kind
        self._name = name
        self._about = about
        self._labels = labels
        self._bounds = bounds

    def at(self, *labels: str) -> memoryview[float]:
        """The number to change; of a histogram one for each bucket, one for what is above them, and the sum."""
        return self._counts.block((self._name, *labels), len(self._bounds) + 2 if self._bounds else 1)

    def observe(self, block: memoryview[float], value: float) -> None:
        """Count a value in a histogram's numbers."""
        block[bisect_left(self._bounds, value)] += 1
        block[-1] += value

    def metric(self) -> Metric:
        """All of it, as Prometheus tells it."""
        from prometheus_client import Metric

        metric = Metric(self._name, self._about, self._kind)
        for labels, values in self._counts.all(self._name, alive=self._kind == "gauge").items():
            told = dict(zip(self._labels, labels, strict=True))
            if self._kind != "histogram":
                value = 1.0 if self._kind == "info" else values[0]
                metric.add_sample(self._name + SUFFIXES[self._kind], told, value)
                continue
            below = 0.0
            for bound, number in zip((*self._bounds, inf), values, strict=False):
                below += number
                metric.add_sample(
                    f"{self._name}_bucket", {**told, "le": "+Inf" if bound == inf else str(float(bound))}, below
                )
            metric.add_sample(f"{self._name}_count", told, below)
            metric.add_sample(f"{self._name}_sum", told, values[-1])
        return metric


class Counts:
    """All numbers that this process counts, and of all processes where they share a folder."""

    def __init__(self, folder: str | None) -> None:
        self._folder = Path(folder) if folder else None
        self._own: dict[Name, memoryview[float]] = {}
        self._families: list[Family] = []

    def family(
        self, kind: Kind, name: str, about: str, labels: Sequence[str] = (), bounds: Sequence[float] = ()
    ) -> Family:
        """A further family of numbers."""
        self._families.append(Family(self, kind, name, about, labels, bounds))
        return self._families[-1]

    def block(self, name: Name, size: int) -> memoryview[float]:
        """So many numbers of this process, which are 0 until they are changed."""
        if name not in self._own:
            self._own[name] = shared(self._folder, name, size) if self._folder else alone(size)
        return self._own[name]

    def all(self, family: str, alive: bool) -> dict[Name, list[float]]:
        """The numbers of a family by their labels: the sums of all processes, or of those that are `alive`."""
        found: dict[Name, list[float]] = {}
        for (of, *labels), values in _read(self._folder, alive) if self._folder else self._own.copy().items():
            if of == family:
                before = found.get(tuple(labels)) or [0.0] * len(values)
                found[tuple(labels)] = [a + b for a, b in zip(before, values, strict=True)]
        return found

    def collect(self) -> Iterator[Metric]:
        """What Prometheus' own library asks of whatever collects."""
        return (family.metric() for family in self._families)


def alone(size: int) -> memoryview[float]:
    """Numbers that nobody else sees."""
    return memoryview(bytearray(8 * size)).cast("d")


_numbered = count()


def shared(folder: Path, name: Name, size: int) -> memoryview[float]:
    """Numbers in a file of this process, which the others can read at any time."""
    path = folder / f"{os.getpid()}.{next(_numbered)}"
    # It has its name once it is whole.
    made = path.with_name(f".{path.name}")
    line = msgspec.json.encode(name)
    # Numbers begin at a multiple of their size.
    line += b" " * (-(len(line) + 1) % 8) + b"\n"
    made.write_bytes(line + bytes(8 * size))
    with made.open("r+b") as file:
        memory = mmap(file.fileno(), 0)
    made.rename(path)
    return memoryview(memory)[len(line) :].cast("d")


def _read(folder: Path, alive: bool) -> Iterator[tuple[Name, memoryview[float]]]:
    for path in sorted(folder.glob("[0-9]*")):
        if not alive or _is_alive(int(path.stem)):
            line, _, numbers = path.read_bytes().partition(b"\n")
            yield msgspec.json.decode(line, type=Name), memoryview(numbers).cast("d")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
