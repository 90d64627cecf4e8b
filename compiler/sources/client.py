"""Asks MLflow for a model. Run alone, since importing MLflow takes seconds: `python -m ... REQUEST ANSWER`.

REQUEST is a JSON file with `uri`, `folder` (where the model's files go), and `patience` (seconds that a server may take
before a file comes). ANSWER becomes {"version", "model" (a path), "facts"}, or {"refused": {code, message, ...}}.
"""

from __future__ import annotations

import json
import os
import posixpath
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from .client_types import Client, Repository
from .download import download, listed
from .facts import facts
from .lookup import Found, find, logged_by
from .refusals import Refused, explained, lacking, refused
from .uri import parsed

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def main(request: str, answer: str) -> None:
    asked = json.loads(Path(request).read_text(encoding="utf-8"))
    try:
        told: dict[str, object] = answered(asked["uri"], Path(asked["folder"]), asked["patience"])
    except Exception as error:
        told = {"refused": asdict((error if isinstance(error, Refused) else explained(error)).why)}
    Path(answer).write_text(json.dumps(told), encoding="utf-8")


def answered(uri: str, folder: Path, patience: str) -> dict[str, object]:
    """Find and fetch a model from the store that the environment names."""
    for package in ("sqlalchemy", "alembic"):
        if os.environ["MLFLOW_TRACKING_URI"].startswith(DATABASES) and find_spec(package) is None:
            raise lacking(package)
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
    from mlflow.tracking import MlflowClient

    client = cast(Client, MlflowClient())
    found = find(client, parsed(uri))
    repository = cast(Repository, get_artifact_repository(found.location))
    files = listed(repository, found.path)
    if not files:
        raise _missing(client, repository, found)
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = patience
    model = download(repository, found.path, files, folder, _say)
    return {"version": found.uri, "model": str(model), "facts": facts(found)}


def _missing(client: Client, repository: Repository, found: Found) -> Refused:
    """What there is in place of an artifact that was named."""
    message = f"MLflow has no files at {found.uri}"
    if found.run is None or found.version:
        return refused(
            code="missing-artifact", message=message, help="they may have been deleted; register the model again"
        )
    above = posixpath.dirname(found.path)
    names = [item.path for item in repository.list_artifacts(above or None)]
    names += [] if above else [model.name for model in logged_by(client, found.run)]
    there = f"the run has: {', '.join(sorted(names)[:20])}" if names else "the run has no artifacts"
    return refused(code="missing-artifact", message=message, help=there)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
