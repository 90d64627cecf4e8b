"""Models from MLflow's own server, which wants a password: fetched with it, refused without, told when it is away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import alone
from .mlflow_server import PASSWORD, READER, Server, answering, cutting, free_port, installed, served
from .mlflow_store import CHAMPION, model_folder, names
from .project import EXAMPLES, Project, cases

OwnCache = Callable[[Project], Project]
QUICKLY = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


@pytest.fixture(scope="module")
def python(kept: Path) -> Path:
    """A Python with all of MLflow, installed once."""
    with alone(kept / "mlflow.lock"):
        return installed(kept / "mlflow")


@pytest.fixture
def server(python: Path, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    with served(python, folder) as running:
        yield running


@pytest.mark.parametrize(
    "status",
    cases([(401, "mlflow-auth")], [(403, "mlflow-auth"), (500, "mlflow-unreachable"), (0, "mlflow-unreachable")]),
)
def test_a_server_that_gives_nothing(project: Project, own_cache: OwnCache, status: tuple[int, str]) -> None:
    with answering(status[0]) as url:
        project = names(own_cache(project).given(**QUICKLY), CHAMPION, f"  tracking_uri: {url}\n")
        told = project.fails(status[1], "--only", "source")
    assert "deploy.yaml:6:17" in told
    assert not (project / "deploy.lock").exists()


def test_a_server_that_is_not_there(project: Project, own_cache: OwnCache) -> None:
    secret = f"http://someone:{PASSWORD}@127.0.0.1:{free_port()}"
    told = names(own_cache(project).given(MLFLOW_TRACKING_URI=secret), CHAMPION).fails(
        "mlflow-unreachable", "--only", "source"
    )
    assert "deploy.yaml:5:8" in told
    assert PASSWORD not in told
    _nowhere(PASSWORD, project)


@pytest.mark.slow
def test_from_training_to_a_service_and_without_the_server_again(
    project: Project, own_cache: OwnCache, server: Server, python: Path
) -> None:
    data = EXAMPLES / "quickstart/data"
    script = Path(__file__).with_name("log_model.py")
    environ = {**os.environ, **server.admin, "MLFLOW_DISABLE_TELEMETRY": "true"}
    subprocess.run([python, script, data / "penguins.csv"], env=environ, check=True)
    shutil.copy(data / "sample.csv", project / "sample.csv")
    project = names(own_cache(project).given(**server.admin), CHAMPION, "  sample: sample.csv\n")
    project.edit("deploy.yaml", "targets:", "tests: {smoke: {}, parity: {rows: sample.csv, tolerance: 1e-9}}\ntargets:")
    project.build()
    origin = json.loads((project / "build/project/src/penguins/provenance.json").read_text(encoding="utf-8"))
    assert (origin["name"], origin["version"], origin["aliases"]) == ("penguins", "1", ["champion"])
    assert origin["metrics"]["accuracy"] > 0.9
    _nowhere(PASSWORD, project)
    server.stop()
    shutil.rmtree(project / ".deployc")
    shutil.rmtree(project / "build")
    assert project.build("--locked", "--offline").ran == set()
    project.edit("deploy.yaml", CHAMPION, "models:/penguins/latest")
    assert "mlflow-unreachable" in project.given(**QUICKLY).run("build").codes


@pytest.mark.slow
def test_what_a_server_refuses_and_what_breaks_on_the_way(
    project: Project, own_cache: OwnCache, server: Server, tmp_path: Path
) -> None:
    added = server.store.add(model_folder(tmp_path / "model", "served"), champion="1")[0]
    project = names(own_cache(project), CHAMPION)
    told = project.given(**server.nobody).fails("mlflow-auth", "--only", "source")
    assert "does not let this user read" in told
    told = project.given(**{**server.admin, "MLFLOW_TRACKING_PASSWORD": READER}).fails(
        "mlflow-auth", "--only", "source"
    )
    assert "MLFLOW_TRACKING_PASSWORD" in told
    _nowhere(READER, project)
    with cutting(server.url, "model.pkl") as url:
        cut = project.given(**{**server.admin, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_TRACKING_URI": url})
        cut.fails("download-incomplete", "--only", "source")
    assert not (project / "deploy.lock").exists()
    assert not list(project.cache.rglob("fetched"))
    for uri in (CHAMPION, f"models:/{added.model}", f"runs:/{added.run}/model", f"runs:/{added.run}/files"):
        names(project, uri).given(**server.admin).build("--only", "source")
    for uri, code in (
        ("models:/penguins@challenger", "unknown-alias"),
        ("models:/penguins/9", "unknown-version"),
        ("models:/pengwins/1", "unknown-model"),
        ("models:/m-0123456789abcdef", "unknown-model"),
        ("runs:/0123456789abcdef/model", "unknown-run"),
        (f"runs:/{added.run}/modle", "missing-artifact"),
    ):
        names(project, uri).given(**server.admin).fails(code, "--only", "source")


def _nowhere(secret: str, project: Project) -> None:
    """Neither in what the project holds nor in its cache, but for the environments, which hold packages alone."""
    for folder in (project.folder, project.cache / "cas", project.cache / "actions"):
        holders = [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        assert not holders
