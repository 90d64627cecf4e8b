"""What MLflow knows of a model's origin, as plain JSON data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone

from .client_types import LoggedModel, Run, Version
from .lookup import Found

LONGEST = 500
"""Characters of a parameter or tag that are kept: some are whole documents."""


def facts(found: Found) -> dict[str, object]:
    """Run, version, metrics, parameters, tags and times, sorted; what is not known is left out.

    MLflow's own tags, which tell of the machine and the user, are left out, as are addresses of files.
    """
    known: dict[str, object] = {}
    if found.run:
        known |= _of_run(found.run)
    if found.logged:
        known |= _of_model(found.logged, known)
    if found.version:
        known |= _of_version(found.version, known)
    return {key: value for key, value in sorted(known.items()) if value not in (None, "", {}, [])}


def _of_run(run: Run) -> dict[str, object]:
    return {
        "run_id": run.info.run_id,
        "run_name": run.info.run_name,
        "trained_at": _moment(run.info.end_time or run.info.start_time),
        "metrics": _metrics(run.data.metrics),
        "params": _texts(run.data.params),
        "tags": _texts(run.data.tags),
    }


def _of_model(logged: LoggedModel, known: Mapping[str, object]) -> dict[str, object]:
    """A model's own metrics go before those of its run, which may have logged several models."""
    measured = {metric.key: metric.value for metric in logged.metrics or ()}
    return {
        "model_id": logged.model_id,
        "trained_at": known.get("trained_at") or _moment(logged.creation_timestamp),
        "metrics": _over(known.get("metrics"), _metrics(measured)),
        "params": _over(known.get("params"), _texts(logged.params or {})),
        "tags": _over(known.get("tags"), _texts(logged.tags or {})),
    }


def _of_version(version: Version, known: Mapping[str, object]) -> dict[str, object]:
    return {
        "name": version.name,
        "version": str(version.version),
        "registered_at": _moment(version.creation_timestamp),
        "aliases": sorted(version.aliases),
        "tags": _over(known.get("tags"), _texts(version.tags)),
    }


def _over(below: object, above: Mapping[str, object]) -> dict[str, object]:
    return dict(sorted({**(below if isinstance(below, dict) else {}), **above}.items()))


def _metrics(values: Mapping[str, float]) -> dict[str, object]:
    """Numbers; what JSON has no number for is text, such as NaN."""
    return {k: v if math.isfinite(v) else str(v) for k, v in sorted(values.items())}


def _texts(values: Mapping[str, str]) -> dict[str, object]:
    return dict(_kept(values))


def _kept(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in sorted(values.items()):
        if not key.startswith("mlflow."):
            yield key, value if len(value) <= LONGEST else f"{value[:LONGEST]}..."


def _moment(milliseconds: int | None) -> str | None:
    """The time in UTC as ISO 8601 has it, to the second."""
    if not milliseconds:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
