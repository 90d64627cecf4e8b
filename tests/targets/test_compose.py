"""compose.yaml: whose image it runs, what it keeps from the service, and what Prometheus is told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from deployc.schema.codec import decode
from deployc.schema.config import Config, Entry
from deployc.targets import compose, docker, oci
from deployc.targets.compose.files import Composition
from deployc.targets.kubernetes.manifest import dump

from .project.space import config

IMAGES: Mapping[str, Entry] = {
    "docker": Entry(name="docker", kind="docker", options=docker.Options(tag="churn:1", port=9000, network="host")),
    "oci": Entry(name="oci", kind="oci", options=oci.Options(reference="registry.example.com/churn:2")),
}


def made(targets: Mapping[str, Entry], *, api_key: bool = False) -> Config:
    return replace(config(api_key=api_key), targets=targets)


def written(whole: Config, options: compose.Options) -> tuple[dict[str, object], dict[str, object]]:
    """compose.yaml and Prometheus' configuration, read back."""
    assert not list(compose.check(whole, "compose", options))
    composition = Composition.of(whole, options)
    return yaml.safe_load(dump(composition.compose())), yaml.safe_load(dump(composition.scraping()))


def only(whole: Config, options: compose.Options) -> dict[str, object]:
    """The service itself."""
    found = written(whole, options)[0]["services"]
    assert isinstance(found, dict)
    [service] = found.values()
    assert isinstance(service, dict)
    return service


def test_the_only_image_target_is_built_where_it_lies_and_run_shut_in() -> None:
    service = only(made({"docker": IMAGES["docker"]}), compose.Options(port=80))
    assert (service["image"], service["build"]) == ("churn:1", {"context": "../docker", "network": "host"})
    assert service["ports"] == ["127.0.0.1:80:9000"]
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])


def test_an_image_that_is_made_already_is_not_built() -> None:
    service = only(made({"oci": IMAGES["oci"]}), compose.Options())
    assert service["image"] == "registry.example.com/churn:2"
    assert "build" not in service
    assert only(made({}), compose.Options(image="churn:3"))["image"] == "churn:3"


def test_settings_are_the_service_s_own_and_are_taken_word_for_word() -> None:
    options = compose.Options(environment={"CHURN_LOG_LEVEL": "debug", "GREETING": "$HOME"})
    service = only(made({"docker": IMAGES["docker"]}), options)
    assert service["environment"] == {"CHURN_LOG_LEVEL": "debug", "GREETING": "$$HOME"}


def test_the_api_key_is_a_file_that_is_named_at_the_start_and_prometheus_has_it_too() -> None:
    options = decode(compose.Options, {"prometheus": True})
    whole, scraping = written(made({"docker": IMAGES["docker"]}, api_key=True), options)
    text = dump(Composition.of(made({"docker": IMAGES["docker"]}, api_key=True), options).compose())
    assert "CHURN_API_KEY_FILE: /run/secrets/api-key" in text
    assert "${CHURN_API_KEY_FILE:?" in str(whole["secrets"])
    [job] = scraping["scrape_configs"]  # type: ignore[misc]  # what YAML holds has no types
    assert job["authorization"] == {"credentials_file": "/run/secrets/api-key"}
    assert job["static_configs"] == [{"targets": ["churn:9000"]}]


def test_prometheus_is_a_word_or_says_more() -> None:
    assert decode(compose.Options, {"prometheus": True}).prometheus.on
    assert not decode(compose.Options, {"prometheus": False}).prometheus.on
    assert decode(compose.Options, {"prometheus": {"port": 9091}}).prometheus == compose.Prometheus(port=9091)


@pytest.mark.parametrize(
    ("targets", "options", "field"),
    [
        (IMAGES, {}, ("targets", "compose")),
        ({}, {}, ("targets", "compose")),
        (IMAGES, {"image": "dokcer"}, ("targets", "compose", "image")),
        (
            {"docker": IMAGES["docker"]},
            {"environment": {"CHURN_API_KEY": "x"}},
            ("targets", "compose", "environment", "CHURN_API_KEY"),
        ),
    ],
)
def test_mistakes_are_told_at_their_field(
    targets: Mapping[str, Entry], options: Mapping[str, object], field: tuple[str, ...]
) -> None:
    [told] = compose.check(made(targets), "compose", decode(compose.Options, options))
    assert told.field == field


def test_prometheus_needs_metrics() -> None:
    whole = made({"docker": IMAGES["docker"]})
    silent = replace(whole, serve=replace(whole.serve, metrics=False))
    [told] = compose.check(silent, "compose", decode(compose.Options, {"prometheus": True}))
    assert told.field == ("targets", "compose", "prometheus")


@pytest.mark.slow
@pytest.mark.parametrize("api_key", [True, False])
def test_compose_itself_takes_the_file(tmp_path: Path, api_key: bool) -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("there is no docker-compose here: apt-get install docker-compose")
    options = compose.Options(prometheus=compose.Prometheus(), environment={"CHURN_LOG_LEVEL": "debug"})
    text = dump(Composition.of(made({"docker": IMAGES["docker"]}, api_key=api_key), options).compose())
    # Debian's version is older than this key, which newer ones call the project by
    for folder in ("compose", "docker"):
        (tmp_path / folder).mkdir()
    file = tmp_path / "compose/compose.yaml"
    file.write_text(text.replace("name: churn\n", "", 1), encoding="utf-8")
    environ = {"PATH": "/usr/bin:/bin", "CHURN_API_KEY_FILE": "/etc/hostname"}
    ran = subprocess.run(
        [program, "-f", file, "config"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "read_only: true" in ran.stdout
