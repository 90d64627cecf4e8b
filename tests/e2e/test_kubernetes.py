"""Manifests from the command line: made without the model's libraries, written where they are to be committed."""

from __future__ import annotations

import uuid

import pytest
import yaml

from .project import Project

IMAGE = f"registry.example.com/penguins@sha256:{uuid.uuid4().hex * 2}"
"""An image that no build has seen."""


@pytest.fixture
def deployed(ready: Project) -> Project:
    """A built folder of which only the manifests are still to be made."""
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}", f"targets:\n  kubernetes:\n    image: {IMAGE}\n")
    return ready


def test_the_manifests_alone_are_put_out(deployed: Project) -> None:
    assert deployed.build().ran == {"kubernetes"}
    assert {path.name for path in (deployed / "build/kubernetes").iterdir()} == {
        *("deployment.yaml", "service.yaml", "network-policy.yaml", "pod-disruption-budget.yaml"),
    }
    [container] = yaml.safe_load((deployed / "build/kubernetes/deployment.yaml").read_text())["spec"]["template"][
        "spec"
    ]["containers"]
    assert container["image"] == IMAGE


def test_a_gitops_folder_gets_them_too_and_keeps_what_is_not_ours(deployed: Project) -> None:
    gitops = deployed.folder.parent / "gitops"
    gitops.mkdir()
    (gitops / "README.md").write_text("ours\n", encoding="utf-8")
    deployed.edit("deploy.yaml", f"image: {IMAGE}\n", f"image: {IMAGE}\n    write: ../gitops\n    replicas: 3\n")
    deployed.build()
    assert (gitops / "pod-disruption-budget.yaml").is_file()
    deployed.edit("deploy.yaml", "replicas: 3", "replicas: 1")
    deployed.build()
    assert {p.name for p in gitops.iterdir()} == {"README.md", "deployment.yaml", "service.yaml", "network-policy.yaml"}
    (gitops / "service.yaml").unlink()
    deployed.build()
    assert (gitops / "service.yaml").is_file(), "what is missing is put back"
    (gitops / "service.yaml").write_text("edited\n", encoding="utf-8")
    assert "gitops/service.yaml was edited by hand" in deployed.fails("output-edited")


def test_a_patch_file_is_an_input_and_its_mistakes_are_told_in_it(deployed: Project) -> None:
    deployed.edit("deploy.yaml", f"image: {IMAGE}\n", f"image: {IMAGE}\n    patches: [patches/a.yaml]\n")
    assert "patches/a.yaml" in deployed.fails("missing-file")
    deployed.write("patches/a.yaml", "kind: Deployment\nspec: {revisionHistoryLimit: 2}\n")
    deployed.build()
    assert "revisionHistoryLimit: 2" in (deployed / "build/kubernetes/deployment.yaml").read_text(encoding="utf-8")
    deployed.write("patches/a.yaml", "kind: Deployment\nspec: &anchor {}\n")
    assert "--> patches/a.yaml:2:7" in deployed.fails("yaml-alias")
    deployed.write("patches/a.yaml", "kind: Job\nspec: {}\n")
    told = deployed.fails("bad-patch")
    assert "there is no Job to patch" in told
    assert "patches: [patches/a.yaml]" in told


def test_what_deploy_yaml_alone_shows_is_told_before_any_work(deployed: Project) -> None:
    deployed.edit(
        "deploy.yaml",
        f"image: {IMAGE}\n",
        "image: gpu\n    replicas: {min: 3, max: 2}\n    env: {PENGUINS_PORT: 1}\nserve: {api_key: true}\n",
    )
    ran = deployed.run("check")
    assert ran.codes == ["missing-key", "unknown-image", "bad-value", "conflicting-keys"], ran.err
