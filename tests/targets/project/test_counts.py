"""What a service counts is what Prometheus' own library would have counted, in one process and in several."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from threading import Thread

import pytest
from deployc.targets.project.template.metrics import FOLDER, ROWS, SECONDS, Metrics
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

Requests = list[tuple[str, int, float]]

requests = st.lists(
    st.tuples(
        st.sampled_from(["/predict", 'a "path"', "other"]),
        st.sampled_from([0, 200, 422]),
        st.sampled_from(SECONDS) | st.floats(0, 100),
    )
)


@given(requests)
def test_requests_are_counted_as_prometheus_counts_them(asked: Requests) -> None:
    registry, ours = CollectorRegistry(), Metrics()
    counter = Counter("http_requests", "Requests.", ["route", "status"], registry=registry)
    histogram = Histogram("http_request_duration_seconds", "", ["route"], registry=registry, buckets=SECONDS)
    for route, status, seconds in asked:
        ours.began()
        ours.ended(route, status, seconds)
        counter.labels(route, str(status)).inc()
        histogram.labels(route).observe(seconds)
    found = samples(ours.shown().body)
    assert found.pop(("http_requests_in_flight",)) == found.pop(("payload_log_dropped_total",)) == 0
    assert found == told(registry)


@given(st.lists(st.sampled_from(ROWS) | st.integers(1, 5000), max_size=20))
def test_rows_are_counted_as_prometheus_counts_them(asked: list[int]) -> None:
    registry, ours = CollectorRegistry(), Metrics()
    histogram = Histogram("model_batch_rows", "", ["name"], registry=registry, buckets=ROWS).labels("churn")
    counted = ours.of("churn")
    for rows in asked:
        counted.asked(rows, 0)
        histogram.observe(rows)
    found = samples(ours.shown().body)
    assert {name: value for name, value in found.items() if name[0].startswith("model_batch")} == told(registry)


def test_threads_count_every_request() -> None:
    ours = Metrics()

    def count() -> None:
        for _ in range(5000):
            ours.began()
            ours.ended("/predict", 200, 0.5)

    threads = [Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = samples(ours.shown().body)
    assert found["http_requests_total", "/predict", "200"] == 40000
    assert found["http_request_duration_seconds_sum", "/predict"] == 20000
    assert found["http_requests_in_flight",] == 0


def test_processes_show_what_all_have_counted_also_those_that_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    ours = Metrics()
    ours.began()
    begun = multiprocessing.get_context("spawn")
    others = [begun.Process(target=another) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
        assert other.exitcode == 0
    ours.ended("/predict", 200, 0.1)
    ours.began()
    found = samples(ours.shown().body)
    assert found["http_requests_total", "/predict", "200"] == 7
    assert found["http_request_duration_seconds_bucket", "/predict", "0.1"] == 7
    assert found["model_batch_rows_sum", "churn"] == 12
    # what they were at when they ended nobody is at any more
    assert found["http_requests_in_flight",] == 1
    assert ("model_queue_rows", "churn") not in found


def another() -> None:
    """What another process counts, and leaves open."""
    ours = Metrics()
    for _ in range(3):
        ours.began()
        ours.ended("/predict", 200, 0.01)
    ours.of("churn").asked(6, 4)
    ours.began()


def told(registry: CollectorRegistry) -> dict[tuple[str, ...], float]:
    """What the library says that was told the same; it has the time when it began to count besides."""
    found = samples(generate_latest(registry))
    return {name: value for name, value in found.items() if not name[0].endswith("_created")}


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text.decode())
    return {(s.name, *sorted(s.labels.values())): s.value for family in families for s in family.samples}
