"""Logins: from Docker's own configuration and its helpers, never shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from deployc.schema.diagnostics import UserError
from deployc.targets.registry.credentials import Login, login


def configured(folder: Path, settings: object) -> dict[str, str]:
    (folder / "config.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:/usr/bin:/bin"}


def entry(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def helper(folder: Path, script: str) -> None:
    program = folder / "docker-credential-vault"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("registry", "auths"),
    [
        ("ghcr.io", {"ghcr.io": entry("ann:s3:cret")}),
        ("ghcr.io", {"https://ghcr.io": entry("ann:s3:cret")}),
        ("docker.io", {"https://index.docker.io/v1/": entry("ann:s3:cret")}),
    ],
)
def test_a_login_of_docker_s_config(tmp_path: Path, registry: str, auths: Mapping[str, object]) -> None:
    found = login(registry, configured(tmp_path, {"auths": auths}))
    assert found == Login(user="ann", secret="s3:cret")
    assert "cret" not in repr(found)
    assert login("other.io", configured(tmp_path, {"auths": auths})) is None


def test_the_home_folder_s_config_is_read_where_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    configured(folder, {"auths": {"ghcr.io": entry("ann:secret")}})
    assert login("ghcr.io", {"HOME": str(tmp_path)}) == Login(user="ann", secret="secret")
    assert login("ghcr.io", {"HOME": str(tmp_path / "elsewhere")}) is None


@pytest.mark.parametrize("settings", [{"credsStore": "vault"}, {"credHelpers": {"ghcr.io": "vault"}}])
def test_a_helper_is_asked(tmp_path: Path, settings: Mapping[str, object]) -> None:
    helper(tmp_path, 'read -r who; echo "{\\"Username\\": \\"ann\\", \\"Secret\\": \\"for $who\\"}"')
    environ = configured(tmp_path, {"auths": {"ghcr.io": {}}, **settings})
    assert login("ghcr.io", environ) == Login(user="ann", secret="for ghcr.io")


def test_a_helper_that_does_not_know_the_registry_gives_no_login(tmp_path: Path) -> None:
    helper(tmp_path, "echo credentials not found in native keychain; exit 1")
    assert login("ghcr.io", configured(tmp_path, {"credsStore": "vault"})) is None


@pytest.mark.parametrize(
    ("settings", "script", "told"),
    [
        ("{", "", "not JSON"),
        ({"auths": {"ghcr.io": {"auth": "%%%"}}}, "", "no login"),
        ({"credsStore": "nobody"}, "", "docker-credential-nobody, which is not here"),
        ({"credsStore": "vault"}, "echo the secret is tr0ub4dor >&2; exit 3", "exit code 3"),
        ({"credsStore": "vault"}, "echo tr0ub4dor", "gives no login"),
    ],
)
def test_what_is_broken_is_told_without_what_it_said(tmp_path: Path, settings: object, script: str, told: str) -> None:
    if script:
        helper(tmp_path, script)
    with pytest.raises(UserError) as error:
        login("ghcr.io", configured(tmp_path, settings))
    (found,) = error.value.diagnostics
    assert found.code == "registry-credentials"
    assert told in found.message
    assert "tr0ub4dor" not in str(found)
