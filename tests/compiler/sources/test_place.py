"""Which store is asked, with which environment, and what is never shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployc.compiler.sources.place import Place
from deployc.compiler.sources.uri import Logged, Named, OfRun, Registered, parsed
from deployc.schema.diagnostics import UserError


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("models:/churn/7", Registered(name="churn", version="7")),
        ("models:/churn/latest", Registered(name="churn")),
        ("models:/churn@champion", Registered(name="churn", alias="champion")),
        ("models:/m-0a1", Logged(id="m-0a1")),
        ("runs:/0a1/model", OfRun(run="0a1", path="model")),
        ("runs:/0a1/out/model.pkl/", OfRun(run="0a1", path="out/model.pkl")),
    ],
)
def test_what_a_uri_names(uri: str, named: Named) -> None:
    assert parsed(uri) == named


def test_deploy_yaml_goes_before_the_environment_for_the_registry_too(tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": "https://one.example.com", "MLFLOW_REGISTRY_URI": "https://two.example.com"}
    assert _uris(None, tmp_path, **environ) == ("https://one.example.com", "https://two.example.com")
    assert _uris("https://own.example.com", tmp_path, **environ) == ("https://own.example.com",) * 2


def test_a_database_is_found_from_deploy_yaml_s_folder(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").touch()
    expected = (f"sqlite:///{tmp_path}/mlflow.db",) * 2
    assert _uris("sqlite:///mlflow.db", tmp_path) == expected
    assert _uris(None, tmp_path) == expected
    assert _uris(f"sqlite:///{tmp_path}/mlflow.db", Path("/")) == expected


@pytest.mark.parametrize("uri", ["sqlite:///other.db", None])
def test_a_database_that_is_not_there_is_not_made(uri: str | None, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        _uris(uri, tmp_path)
    assert [d.code for d in caught.value.diagnostics] == ["no-store"]
    assert not list(tmp_path.iterdir())


def test_the_user_s_own_patience_and_credentials_reach_the_client_and_telemetry_does_not() -> None:
    environ = Place(
        tracking_uri="https://mlflow.example.com",
        root=Path("/"),
        environ={
            "MLFLOW_HTTP_REQUEST_TIMEOUT": "99",
            "MLFLOW_TRACKING_TOKEN": "secret",
            "MLFLOW_DISABLE_TELEMETRY": "false",
        },
    ).client_environ()
    assert environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "99"
    assert environ["MLFLOW_TRACKING_TOKEN"] == "secret"
    assert environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert int(environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]) < 5


def test_no_secret_is_shown() -> None:
    environ = {"MLFLOW_TRACKING_PASSWORD": "pass-1", "AWS_SECRET_ACCESS_KEY": "key-2", "MLFLOW_TRACKING_TOKEN": ""}
    place = Place(tracking_uri=None, root=Path("/"), environ=environ)
    assert place.cleaned("GET https://me:pass-3@host/a?t=pass-1 key-2") == "GET https://host/a?t=**** ****"


def _uris(uri: str | None, root: Path, **environ: str) -> tuple[str, str]:
    found = Place(tracking_uri=uri, root=root, environ=environ).client_environ()
    return found["MLFLOW_TRACKING_URI"], found["MLFLOW_REGISTRY_URI"]
