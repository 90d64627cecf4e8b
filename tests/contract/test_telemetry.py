"""Every framework tells a collector of OpenTelemetry's the same of a request, and nothing of what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from deployc.compiler.model_spec import Output
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from ..targets.project.space import config, files
from .booting import Booted, booted
from .collector import Collector, attributes, collecting
from .test_frameworks import ECHO, framework, python

__all__ = ["framework", "python"]
pytestmark = pytest.mark.slow
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def traced(framework: str, tmp_path: Path) -> Path:
    """A project whose requests are traced, with the tests' own model in it."""
    made = dict(
        files(tmp_path, ECHO, (Output(method="predict", type="double"),), config(framework=framework, telemetry=True))
    )
    made["src/churn/model.py"] = Path(__file__).with_name("echo.py").read_text(encoding="utf-8")
    for path, text in made.items():
        (tmp_path / "project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / path).write_text(text, encoding="utf-8")
    return tmp_path / "project"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


def begun(running: Booted) -> Booted:
    running.sign("load")
    running.until_ready()
    return running


@pytest.mark.parametrize("max_batch", ["1", "64"])
def test_a_request_is_a_span_with_a_span_for_each_step(
    python: Path, traced: Path, tmp_path: Path, collector: Collector, max_batch: str
) -> None:
    beyond = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with booted(python, traced, tmp_path / "signs", beyond, max_batch=max_batch) as running:
        begun(running)
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "case-1"}
        assert running.post(b'{"number": 4321.5}', **headers).status == 200
        running.stop()
    (root,) = (span for span in collector.spans() if span.kind == Span.SPAN_KIND_SERVER)
    assert (root.name, root.trace_id.hex(), root.parent_span_id.hex()) == ("POST /predict", TRACE, PARENT)
    assert attributes([*root.attributes]) == {
        "http.request.method": "POST",
        "http.route": "/predict",
        "url.path": "/predict",
        "url.scheme": "http",
        "http.response.status_code": 200,
        "http.response.header.x-request-id": ["case-1"],
    }
    steps = sorted((s for s in collector.spans() if s is not root and s != root), key=lambda s: s.start_time_unix_nano)
    assert [step.name for step in steps if step.name != "queue"] == ["decode", "predict", "encode"]
    assert {(step.trace_id, step.parent_span_id) for step in steps} == {(root.trace_id, root.span_id)}
    assert root.start_time_unix_nano <= steps[0].start_time_unix_nano
    assert steps[-1].end_time_unix_nano <= root.end_time_unix_nano
    assert collector.services() == {"churn"}


def test_a_failed_request_says_so_and_nothing_of_a_body_is_told(
    python: Path, traced: Path, tmp_path: Path, collector: Collector
) -> None:
    beyond = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "named outside"}
    with booted(python, traced, tmp_path / "signs", beyond) as running:
        begun(running)
        assert running.post(b'{"number": 1, "act": "fail"}').status == 500
        assert running.post(b'{"number": "secret"}').status == 422
        running.stop()
    roots = [span for span in collector.spans() if span.kind == Span.SPAN_KIND_SERVER]
    codes = [(attributes([*span.attributes])["http.response.status_code"], span.status.code) for span in roots]
    assert codes == [(500, Status.STATUS_CODE_ERROR), (422, Status.STATUS_CODE_UNSET)]
    assert collector.services() == {"named outside"}
    assert not [body for body in collector.bodies if b"secret" in body or b"KeyError" in body]


def test_nothing_is_sent_where_the_environment_names_no_collector(python: Path, traced: Path, tmp_path: Path) -> None:
    with booted(python, traced, tmp_path / "signs") as running:
        begun(running)
        assert running.post(b'{"number": 1}').json == {"prediction": 1.0}
        running.stop()
        assert not [line for line in running.logged() if "opentelemetry" in str(line["logger"])]
