"""Which MLflow store a model is looked up in, and with which environment its client is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schema.diagnostics import Field, fail

URI_FIELD: Field = ("model", "uri")
_LOCAL = re.compile(r"sqlite:///(?!/)(?P<path>[^?]+)")
_DEFAULT = "mlflow.db"
"""Where MLflow itself keeps all when it is told nothing."""
_CREDENTIALS = re.compile(r"(\w+://)[^\s/]*@")
_SECRET = re.compile(r"\w*(PASSWORD|TOKEN|SECRET|ACCESS_KEY)\w*")
_SETTINGS = {
    # MLflow's own patience is minutes a request
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "PYTHONWARNINGS": "ignore",
    "GIT_PYTHON_REFRESH": "quiet",
}
_FIXED = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
_PATIENCE = "300"
"""Seconds until the first byte of a file: a server may fetch it from elsewhere first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The store as it was named, and the user's environment, where MLflow's client finds credentials."""

    tracking_uri: str | None
    """What deploy.yaml says beside `uri`."""
    root: Path
    """The folder of deploy.yaml, which paths of a store are relative to."""
    environ: Mapping[str, str]

    @property
    def field(self) -> Field:
        """The field of deploy.yaml that says where to look."""
        return ("model", "tracking_uri") if self.tracking_uri else URI_FIELD

    @property
    def patience(self) -> str:
        return self.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT") or _PATIENCE

    def client_environ(self) -> dict[str, str]:
        """The environment of MLflow's client; UserError `no-store` where none is named, or a database is not there."""
        store = self._absolute(self.tracking_uri or self.environ.get("MLFLOW_TRACKING_URI") or self._default())
        own = None if self.tracking_uri else self.environ.get("MLFLOW_REGISTRY_URI")
        registry = self._absolute(own) if own else store
        uris = {"MLFLOW_TRACKING_URI": store, "MLFLOW_REGISTRY_URI": registry}
        return {**_SETTINGS, **self.environ, **_FIXED, **uris}

    def folder(self) -> Path:
        """Where MLflow makes `mlruns` for a new experiment of a database: beside the database; else deploy.yaml's."""
        store = self.client_environ()["MLFLOW_TRACKING_URI"]
        return _database(store).parent if store.startswith("sqlite:") else self.root

    def cleaned(self, text: str) -> str:
        """The text without passwords, tokens and the user part of any address."""
        secrets = (value for name, value in self.environ.items() if _SECRET.fullmatch(name) and len(value) > 3)
        for secret in secrets:
            text = text.replace(secret, "****")
        return _CREDENTIALS.sub(r"\1", text)

    def _default(self) -> str:
        if (self.root / _DEFAULT).is_file():
            return f"sqlite:///{_DEFAULT}"
        raise fail(
            "no-store",
            "nothing says where MLflow keeps the model",
            field=URI_FIELD,
            help="name the server or store as `tracking_uri` beside `uri`, or in the variable MLFLOW_TRACKING_URI",
        )

    def _absolute(self, store: str) -> str:
        """A sqlite store by its absolute path: its client would make an empty one where there is none."""
        if not store.startswith("sqlite:"):
            return store
        relative = _LOCAL.fullmatch(store)
        path = self.root / relative["path"] if relative else _database(store)
        if not path.is_file():
            raise fail("no-store", f"there is no MLflow store {path}", field=self.field)
        return f"sqlite:///{path}" if relative else store


def _database(store: str) -> Path:
    """The file of a sqlite store that is named by its absolute path."""
    return Path(store.removeprefix("sqlite:///").partition("?")[0])
