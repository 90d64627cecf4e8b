"""What of the templates a service has only when deploy.yaml asks for it, and what it then needs to be installed."""

from __future__ import annotations

from collections.abc import Mapping

from ...schema.config import Serve

NAMES: Mapping[str, frozenset[str]] = {
    "metrics": frozenset({"metrics", "_metrics", "Metrics", "ModelMetrics", "share", "counted_as"}),
    "api_key": frozenset(
        {"api_key", "API_KEY", "_secret", "check_key", "PROTECTED", "SECURITY", "SECURITY_SCHEMES", "401"}
    ),
    "payload_log": frozenset(
        {
            *("payload_sample", "payload_log", "PAYLOAD_SAMPLE", "PAYLOAD_LOG", "_share_of_requests", "_log_file"),
            *("unlogged", "_unlogged"),
        }
    ),
    "telemetry": frozenset(
        {"tracing", "Tracing", "phase", "trace", "Trace", "current_trace", "PARENT", "_parent", "_routes"}
    ),
    "cors": frozenset({"origin_headers", "preflight"}),
}
"""What goes without a feature, in whichever module it stands."""
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "metrics": ("prometheus-client>=0.20",),
    "telemetry": ("opentelemetry-sdk>=1.30", "opentelemetry-exporter-otlp-proto-http>=1.30"),
}


def features(serve: Serve) -> frozenset[str]:
    """What deploy.yaml asks for."""
    asked = {
        "metrics": serve.metrics,
        "api_key": serve.api_key,
        "cors": bool(serve.cors),
        "telemetry": serve.telemetry,
        "payload_log": bool(serve.payload_log),
    }
    return frozenset(name for name in NAMES if asked[name])


def left_out(serve: Serve) -> frozenset[str]:
    """The names of what belongs to the other features."""
    return frozenset().union(*(names for name, names in NAMES.items() if name not in features(serve)))


def feature_requirements(serve: Serve) -> list[tuple[str, str]]:
    """What the features need, each with its reason."""
    chosen = [name for name in REQUIREMENTS if name in features(serve)]
    return [(line, f"the service has `serve.{name}`") for name in chosen for line in REQUIREMENTS[name]]
