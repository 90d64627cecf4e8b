"""Counters for Prometheus: requests and how long they take, batches, what waits, and what is served."""

from __future__ import annotations

import atexit
import os
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock

from .counts import Counts, Family
from .info import Info
from .web import Answer

KIND = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "COUNTERS_FOLDER"
"""The variable of the environment by which processes know where they count together."""
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def share(workers: int) -> None:
    """Let several processes count as one; to be called before they start."""
    if workers > 1:
        os.environ[FOLDER] = mkdtemp(prefix="counters-")
        atexit.register(_remove, os.environ[FOLDER], os.getpid())


def _remove(folder: str, owner: int) -> None:
    # What this process registered its forks inherit.
    if os.getpid() == owner:
        rmtree(folder, ignore_errors=True)


class Metrics:
    """What one process counts; with several, each of them shows the sum of all."""

    def __init__(self) -> None:
        counts = self._counts = Counts(os.environ.get(FOLDER))
        self._requests = counts.family("counter", "http_requests", "Requests.", ["route", "status"])
        self._seconds = counts.family(
            "histogram", "http_request_duration_seconds", "How long they took.", ["route"], SECONDS
        )
        self._batches = counts.family(
            "histogram", "model_batch_rows", "Rows that the model was asked for at once.", ["name"], ROWS
        )
        self._running = counts.family("gauge", "http_requests_in_flight", "Begun.").at()
        self._queued = counts.family("gauge", "model_queue_rows", "Rows that wait.", ["name"])
        self._unlogged = counts.family("counter", "payload_log_dropped", "Requests that could not be logged.").at()
        labels = ["name", "class", "flavor", "digest", "optimizer"]
        self._about = counts.family("info", "model", "What is served.", labels)
        self._known: dict[tuple[str, int], tuple[memoryview[float], memoryview[float]]] = {}
        # Where requests have threads of their own.
        self._lock = Lock()

    def about(self, info: Info) -> None:
        """Say what is served."""
        model = info.model
        optimizer = model.compiled.by if model.compiled else ""
        self._about.at(info.name, model.class_name, model.flavor, model.digest, optimizer)

    def of(self, name: str) -> ModelMetrics:
        """What is counted of the model that is called so."""
        return ModelMetrics(self._batches, self._batches.at(name), self._queued.at(name), self._lock)

    def began(self) -> None:
        """Count a request that has arrived."""
        with self._lock:
            self._running[0] += 1

    def ended(self, route: str, status: int, seconds: float) -> None:
        """Count a request that is over; status 0 is no answer at all."""
        with self._lock:
            known = self._known.get((route, status))
            if known is None:
                known = self._known[route, status] = self._requests.at(route, str(status)), self._seconds.at(route)
            requests, durations = known
            requests[0] += 1
            self._seconds.observe(durations, seconds)
            self._running[0] -= 1

    def unlogged(self) -> None:
        """Count a request that the payload log had to drop."""
        with self._lock:
            self._unlogged[0] += 1

    def shown(self) -> Answer:
        """All counters as text."""
        # They take a while to import, and are needed by what asks for them alone.
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        registry.register(self._counts)
        return Answer(generate_latest(registry), content_type=KIND)


class ModelMetrics:
    """What is counted of a model."""

    def __init__(self, batches: Family, rows: memoryview[float], queued: memoryview[float], lock: Lock) -> None:
        self._batches = batches
        self._rows = rows
        self._queued = queued
        self._lock = lock

    def asked(self, rows: int, waiting: int) -> None:
        """Count a batch, and the rows that wait while it is asked."""
        with self._lock:
            self._batches.observe(self._rows, rows)
            self._queued[0] = waiting
