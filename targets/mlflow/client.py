"""Logs a folder to MLflow and registers it. Run alone, as importing MLflow takes long: `python -m ... REQUEST ANSWER`.

REQUEST is a JSON file with the fields of `Wanted`. ANSWER becomes those of `Registered`, or {"refused": {...}}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, cast

from ...compiler.sources.client_types import Run, Version
from ...compiler.sources.refusals import Refused, absent, explained
from ...schema.codec import decode

PLACE = "deployc"
"""The folder of the run's artifacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be registered."""

    folder: str
    beside: str
    """Where a store that is a database makes `mlruns` for an experiment that it does not have."""
    name: str
    """Of the registered model."""
    run: str
    """The run that gets the folder; empty for a new one in `experiment`."""
    experiment: str
    alias: str
    tags: Mapping[str, str]
    same: tuple[str, ...]
    """The tags in which a version that holds the same model is equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What was."""

    version: str
    run: str
    new: bool
    """Whether the version was not there before."""


class Experiment(Protocol):
    experiment_id: str


class Client(Protocol):
    """mlflow.MlflowClient, as far as it is used to write."""

    def get_experiment_by_name(self, name: str) -> Experiment | None: ...
    def create_experiment(self, name: str) -> str: ...
    def create_run(self, experiment_id: str, *, tags: Mapping[str, str], run_name: str) -> Run: ...
    def set_terminated(self, run_id: str) -> None: ...
    def get_run(self, run_id: str) -> Run: ...
    def log_artifacts(self, run_id: str, local_dir: str, artifact_path: str) -> None: ...
    def create_registered_model(self, name: str) -> object: ...
    def get_registered_model(self, name: str) -> object: ...
    def search_model_versions(self, filter_string: str) -> list[Version]: ...
    def create_model_version(self, name: str, source: str, run_id: str, tags: Mapping[str, str]) -> Version: ...
    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None: ...


def main(request: str, answer: str) -> None:
    wanted = decode(Wanted, json.loads(Path(request).read_text(encoding="utf-8")))
    try:
        told: dict[str, object] = asdict(registered(wanted))
    except Exception as error:
        told = {"refused": asdict((error if isinstance(error, Refused) else explained(error)).why)}
    Path(answer).write_text(json.dumps(told), encoding="utf-8")


def registered(wanted: Wanted) -> Registered:
    """Log and register, unless a version holds the same model already; that one only gets the alias."""
    from mlflow.tracking import MlflowClient

    # a database lets a new experiment keep its files where MLflow runs, which is a folder that is removed afterwards
    os.chdir(wanted.beside)
    client = cast(Client, MlflowClient())
    _model(client, wanted.name)
    version = _there(client, wanted)
    new = version is None
    version = version or _made(client, wanted)
    if wanted.alias:
        client.set_registered_model_alias(wanted.name, wanted.alias, str(version.version))
    return Registered(version=str(version.version), run=version.run_id or "", new=new)


def _model(client: Client, name: str) -> None:
    try:
        client.get_registered_model(name)
    except Exception as error:
        if not absent(error):
            raise
        client.create_registered_model(name)


def _there(client: Client, wanted: Wanted) -> Version | None:
    name = wanted.name.replace("'", "\\'")
    versions = sorted(client.search_model_versions(f"name='{name}'"), key=lambda version: -int(version.version))
    same = {tag: wanted.tags.get(tag) for tag in wanted.same}
    return next((each for each in versions if {tag: each.tags.get(tag) for tag in same} == same), None)


def _made(client: Client, wanted: Wanted) -> Version:
    run = client.get_run(wanted.run) if wanted.run else _run(client, wanted)
    client.log_artifacts(run.info.run_id, wanted.folder, PLACE)
    # Last, so that no version is there of what has not arrived whole.
    source = f"{run.info.artifact_uri.rstrip('/')}/{PLACE}"
    version = client.create_model_version(wanted.name, source, run.info.run_id, wanted.tags)
    if not wanted.run:
        client.set_terminated(run.info.run_id)
    return version


def _run(client: Client, wanted: Wanted) -> Run:
    experiment = client.get_experiment_by_name(wanted.experiment)
    number = experiment.experiment_id if experiment else client.create_experiment(wanted.experiment)
    return client.create_run(number, tags=wanted.tags, run_name=wanted.name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
