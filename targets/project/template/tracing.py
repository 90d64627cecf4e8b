"""Traces for OpenTelemetry: a span for each request to the model, and below it one for each step on its way."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .info import NAME

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The variables of the environment that say where traces are sent; without one of them there are none."""
PARENT = ("traceparent", "tracestate")
"""Headers by which a client names its own span, as W3C's Trace Context has them."""


class Trace:
    """A request's span, and that of the step which it is at."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        from opentelemetry.trace import set_span_in_context

        self._tracer = tracer
        self._span = span
        self._below = set_span_in_context(span)
        self._step: Span | None = None
        self._ended = False

    def phase(self, name: str) -> None:
        """End the step before, and begin this one; nothing once the request is over."""
        if self._step:
            self._step.end()
        self._step = None if self._ended else self._tracer.start_span(name, self._below)

    def end(self, status: int) -> None:
        """End the request's span; status 0 is a client that left."""
        from opentelemetry.trace import StatusCode

        self._ended = True
        if self._step:
            self._step.end()
        if status:
            self._span.set_attribute("http.response.status_code", status)
        if not status or status >= 500:
            self._span.set_attribute("error.type", str(status) if status else "disconnected")
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


current_trace: ContextVar[Trace | None] = ContextVar("current_trace", default=None)


def phase(name: str) -> None:
    """Say that the current request, if it is traced, is at its next step."""
    if found := current_trace.get():
        found.phase(name)


class Tracing:
    """The spans of one process, from its start to its stop, of requests to some of the routes."""

    def __init__(self, routes: Container[str]) -> None:
        self._routes = routes
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def start(self) -> None:
        """Send spans from now on, where the environment says where to."""
        if not any(os.environ.get(name) for name in ENDPOINTS):
            return
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # What the environment says of the service is worth more than its name.
        resource = Resource.create({"service.name": NAME}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(__name__)

    def stop(self) -> None:
        """Send what waits."""
        if self._provider:
            self._provider.shutdown()

    def began(self, verb: str, route: str, parent: Mapping[str, str], request_id: str) -> None:
        """Begin the span of a request, if it is one to these routes."""
        if self._tracer is None or route not in self._routes:
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        attributes = {
            "http.request.method": verb,
            "http.route": route,
            "url.path": route,
            "url.scheme": "http",
            "http.response.header.x-request-id": [request_id],
        }
        context = TraceContextTextMapPropagator().extract(parent)
        span = self._tracer.start_span(f"{verb} {route}", context, SpanKind.SERVER, attributes)
        current_trace.set(Trace(self._tracer, span))

    def ended(self, status: int) -> None:
        """End the current request's span, if it has one."""
        if found := current_trace.get():
            current_trace.set(None)
            found.end(status)
