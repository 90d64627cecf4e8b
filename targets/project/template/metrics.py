"""Counters for Prometheus: requests and how long they take, batches, what waits, and what is served."""

from __future__ import annotations

import atexit
import os
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from .info import Info
from .web import Answer

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

KIND = "text/plain; version=0.0.4; charset=utf-8"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
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
        # The library looks at the environment when it is imported, which `share` changes before.
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter("http_requests", "Requests.", ["route", "status"], registry=registry)
        self._seconds = Histogram(
            "http_request_duration_seconds", "How long they took.", ["route"], registry=registry, buckets=SECONDS
        )
        self._batches = Histogram(
            "model_batch_rows", "Rows that the model was asked for at once.", ["name"], registry=registry, buckets=ROWS
        )
        self._running = Gauge("http_requests_in_flight", "Begun.", registry=registry, multiprocess_mode="livesum")
        self._queued = Gauge(
            "model_queue_rows", "Rows that wait.", ["name"], registry=registry, multiprocess_mode="livesum"
        )
        self._unlogged = Counter("payload_log_dropped", "Requests that could not be logged.", registry=registry)
        labels = ["name", "class", "flavor", "digest", "optimizer"]
        self._about = Gauge("model_info", "What is served.", labels, registry=registry, multiprocess_mode="max")
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def about(self, info: Info) -> None:
        """Say what is served."""
        model = info.model
        optimizer = model.compiled.by if model.compiled else ""
        self._about.labels(info.name, model.class_name, model.flavor, model.digest, optimizer).set(1)

    def of(self, name: str) -> ModelMetrics:
        """What is counted of the model that is called so."""
        return ModelMetrics(self._batches.labels(name), self._queued.labels(name))

    def began(self) -> None:
        """Count a request that has arrived."""
        self._running.inc()

    def ended(self, route: str, status: int, seconds: float) -> None:
        """Count a request that is over; status 0 is no answer at all."""
        self._running.dec()
        known = self._known.get((route, status))
        if known is None:
            known = self._known[route, status] = self._requests.labels(route, str(status)), self._seconds.labels(route)
        requests, durations = known
        requests.inc()
        durations.observe(seconds)

    def unlogged(self) -> None:
        """Count a request that the payload log had to drop."""
        self._unlogged.inc()

    def shown(self) -> Answer:
        """All counters as text."""
        from prometheus_client import generate_latest

        return Answer(generate_latest(self._collected()), content_type=KIND)

    def _collected(self) -> CollectorRegistry:
        if FOLDER not in os.environ:
            return self._registry
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library says no types here
        return registry


class ModelMetrics:
    """What is counted of a model."""

    def __init__(self, batches: Histogram, queued: Gauge) -> None:
        self._batches = batches
        self._queued = queued
        self._waiting = 0

    def asked(self, rows: int, waiting: int) -> None:
        """Count a batch, and the rows that wait while it is asked."""
        self._batches.observe(rows)
        if waiting != self._waiting:
            self._waiting = waiting
            self._queued.set(waiting)
