"""Environments from the command line: an overlay changes what is put out for it, and nothing that is built."""

from __future__ import annotations

import uuid

import pytest
import yaml

from .project import Project

TARGETS = f"""\
targets:
  project: {{}}
  kubernetes:
    image: registry.example.com/penguins@sha256:{uuid.uuid4().hex * 2}
    namespace: testing
"""


@pytest.fixture
def deployed(ready: Project) -> Project:
    """A built folder with manifests, and an environment `prod`."""
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", TARGETS)
    ready.write("deploy.prod.yaml", "targets:\n  project: null\n  kubernetes: {namespace: live, replicas: 3}\n")
    return ready


def namespace(project: Project, out: str) -> str:
    found = yaml.safe_load((project / f"{out}/kubernetes/deployment.yaml").read_text(encoding="utf-8"))
    return str(found["metadata"]["namespace"])


def test_an_environment_has_outputs_of_its_own_and_shares_the_build(deployed: Project) -> None:
    deployed.build()
    assert deployed.build("-e", "prod").ran == {"kubernetes"}
    assert (namespace(deployed, "build"), namespace(deployed, "build/@prod")) == ("testing", "live")
    assert not (deployed / "build/@prod/project").exists(), "null takes a target away"
    for words in (["-e", "prod"], ["--env=prod"], ["-eprod"]):
        deployed.build(*words)
        assert deployed.build(*words).events[-1]["event"] == "up-to-date"
    assert deployed.build().events[-1]["event"] == "up-to-date", "each environment remembers for itself"
    deployed.edit("deploy.prod.yaml", "live", "production")
    deployed.build("-e", "prod")
    assert namespace(deployed, "build/@prod") == "production"
    assert deployed.build().ran == set()
    assert namespace(deployed, "build") == "testing"


def test_each_value_is_told_with_its_place(deployed: Project) -> None:
    lines = deployed.run("config", "-e", "prod").out.splitlines()
    said = dict(line.rsplit(" # ", 1) for line in lines)
    places = {key.strip(): place for key, place in said.items()}
    assert places['targets.kubernetes.namespace: "live"'] == "deploy.prod.yaml:3"
    assert places['name: "penguins"'] == "deploy.yaml:2"
    assert places["serve.port: 8000"] == "default"
    [row] = [row for row in deployed.run("config", "--json").events if row["field"] == ["model", "path"]]
    assert (row["value"], row["file"], row["line"]) == ("model/", "deploy.yaml", 5)


def test_what_is_built_is_the_same_in_every_environment(deployed: Project) -> None:
    for name in ("prdo", "../x", "a/b"):
        assert "known: prod" in deployed.fails("unknown-environment", "-e", name)
    deployed.write("deploy.prod.yaml", "serve: {port: 9000}\n")
    assert "--> deploy.prod.yaml:1:1" in deployed.fails("overlay-changes-build", "-e", "prod")
    deployed.write("deploy.prod.yaml", "targets:\n  batch: {parquet: true}\n")
    told = deployed.fails("overlay-changes-build", "-e", "prod")
    assert "--> deploy.prod.yaml:2:10" in told
    assert "generate" in told


def test_an_image_is_the_same_in_every_environment(given: Project) -> None:
    image = "{base: python:3.12-slim, reference: registry.example.com/penguins:1, labels: {team: a}}"
    given.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", f"targets: {{oci: {image}, docker: {{}}}}\n")
    given.write("deploy.prod.yaml", "targets: {oci: {reference: live.example.com/penguins:1, archive: true}}\n")
    assert given.run("check", "-e", "prod").code == 0
    assert given.run("plan", "-e", "prod").code == 0, "what it is called and how it is put out may differ"
    overlay = "targets:\n  oci:\n    base: python:3.12\n    labels: {team: b}\n  docker: {workers: 2}\n"
    given.write("deploy.prod.yaml", overlay)
    ran = given.run("plan", "-e", "prod")
    assert (ran.code, set(ran.codes)) == (1, {"overlay-changes-build"})
    for line, option in ((3, "base"), (4, "labels"), (5, "workers")):
        assert f"`{option}` changes what" in ran.err
        assert f"--> deploy.prod.yaml:{line}:" in ran.err
    given.write("deploy.prod.yaml", "targets: {oci: {modelcar: registry.example.com/penguins-model:1}}\n")
    assert "`modelcar`" in given.run("plan", "-e", "prod").err
    given.write("deploy.prod.yaml", "targets: {docker: {kind: wheel}}\n")
    assert "make a wheel of `docker`" in given.run("plan", "-e", "prod").err


def test_mistakes_are_told_in_the_file_that_makes_them(deployed: Project) -> None:
    deployed.write("deploy.prod.yaml", "targets:\n  kubernetes: {namespace: 'Not Good'}\n")
    told = deployed.fails("bad-value", "-e", "prod")
    assert "--> deploy.prod.yaml:2:" in told
    assert "--> deploy.yaml" not in told
