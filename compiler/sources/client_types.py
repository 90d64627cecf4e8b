"""What is used of MLflow's client, as types: its own say little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Version(Protocol):
    """A version of a registered model; its number is text or a number, as the store has it."""

    name: str
    version: str | int
    run_id: str | None
    source: str | None
    aliases: Sequence[str]
    tags: Mapping[str, str]
    creation_timestamp: int | None


class Registry(Protocol):
    """A registered model."""

    name: str
    aliases: Mapping[str, str | int]
    tags: Mapping[str, str]


class Metric(Protocol):
    key: str
    value: float


class LoggedModel(Protocol):
    """A model that was logged; times in milliseconds since 1970."""

    model_id: str
    name: str
    source_run_id: str | None
    creation_timestamp: int
    metrics: Sequence[Metric] | None
    params: Mapping[str, str] | None
    tags: Mapping[str, str] | None


class RunInfo(Protocol):
    run_id: str
    run_name: str | None
    experiment_id: str
    artifact_uri: str
    start_time: int | None
    end_time: int | None


class RunData(Protocol):
    metrics: Mapping[str, float]
    params: Mapping[str, str]
    tags: Mapping[str, str]


class Run(Protocol):
    info: RunInfo
    data: RunData


class Client(Protocol):
    """mlflow.MlflowClient, as far as it is used."""

    def get_model_version(self, name: str, version: str) -> Version: ...
    def get_model_version_by_alias(self, name: str, alias: str) -> Version: ...
    def search_model_versions(self, filter_string: str, max_results: int, order_by: list[str]) -> Sequence[Version]: ...
    def get_registered_model(self, name: str) -> Registry: ...
    def search_registered_models(self) -> Sequence[Registry]: ...
    def get_logged_model(self, model_id: str) -> LoggedModel: ...
    def search_logged_models(self, experiment_ids: list[str], filter_string: str | None) -> Sequence[LoggedModel]: ...
    def get_run(self, run_id: str) -> Run: ...


class FileInfo(Protocol):
    path: str
    is_dir: bool
    file_size: int | None


class Repository(Protocol):
    """Where artifacts lie: a folder, a bucket, or a server."""

    def list_artifacts(self, path: str | None) -> Sequence[FileInfo]: ...
    def download_artifacts(self, artifact_path: str, dst_path: str) -> str: ...
