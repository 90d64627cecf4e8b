"""The model as an image of its own: made, published, brought as KServe brings it, and read by the service."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ..containers import engine
from ..containers.registry import served
from ..containers.running import Pod, beside, running, unpacked
from .conftest import GIVEN, _given
from .project import Project, contents
from .test_containers import free_port, is_ready
from .test_images import with_base
from .test_serving import ask

IMAGE, MODEL = "registry.example.com/penguins", "registry.example.com/penguins-model"
OCI = f"{{base: ./base, reference: {IMAGE}:1, modelcar: {MODEL}:1}}"
TEXT = GIVEN.partition("targets:")[0] + f"targets: {{oci: {OCI}, kserve: {{}}}}\nserve: {{optimize: off}}\n"
LATE = "until grep -qs 'exec [p]ython' /proc/[0-9]*/cmdline; do sleep 0.1; done"
BRINGING = ("sh", "-c", f"{LATE}; ln -sf /proc/$$/root/models /mnt/models && sleep infinity")
"""The command that KServe runs in the modelcar, beside the service and with the same /mnt; here the service is there
first.
"""
ROW = {"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750}


@pytest.fixture(scope="session")
def modelcar(
    built: tuple[Project, str], project_at: Callable[[Path], Project], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A folder with both images and the InferenceService; not to be changed."""
    project = with_base(_given(project_at(tmp_path_factory.mktemp("modelcar")), built[0]), TEXT)
    project.build()
    return project


def predictor(project: Project) -> dict[str, object]:
    """The container of the InferenceService."""
    text = (project / "build/kserve/inference-service.yaml").read_text(encoding="utf-8")
    [container] = yaml.safe_load(text)["spec"]["predictor"]["containers"]
    assert isinstance(container, dict)
    return container


def told(project: Project) -> tuple[str, str]:
    """The digests of the service's image and of the model's."""
    found = json.loads((project / "build/oci/image.json").read_text(encoding="utf-8"))
    return found["digest"], found["modelcar"]["digest"]


@pytest.mark.slow
def test_the_service_waits_for_the_model_that_kserve_brings_and_answers(modelcar: Project, tmp_path: Path) -> None:
    service = unpacked(modelcar / "build/oci", "1", tmp_path / "service")
    model = unpacked(modelcar / "build/oci/modelcar", "1", tmp_path / "model")
    assert not list(service.glob("rootfs/app/src/penguins/artifact/*")), "the model is not in the service's image"
    shared = tmp_path / "mnt"
    shared.mkdir()
    shared.chmod(0o777)
    command = predictor(modelcar)["command"]
    assert isinstance(command, list)
    with (
        beside(model, BRINGING, Pod(folders={"/mnt": shared})) as pod,
        running(service, "PENGUINS_", {}, command, pod) as container,
    ):
        body = json.dumps([ROW]).encode()
        request = urllib.request.Request(f"{container.address}/predict", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            assert json.loads(response.read()) == [{"prediction": "Adelie"}]


@pytest.mark.slow
def test_the_model_s_image_holds_what_was_built_on_the_service_s_base(modelcar: Project, tmp_path: Path) -> None:
    model = unpacked(modelcar / "build/oci/modelcar", "1", tmp_path / "model")
    assert contents(model / "rootfs/models") == contents(modelcar / "model")


@pytest.mark.slow
def test_both_images_go_to_their_registry_and_are_verified(modelcar: Project, given: Project, tmp_path: Path) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("there is no skopeo here: apt-get install skopeo")
    project = with_base(given, TEXT)
    shutil.copy(modelcar / "deploy.lock", project / "deploy.lock")
    with served(tmp_path) as registry:
        project.edit("deploy.yaml", "registry.example.com", f"{registry.address}/team")
        names = [f"{registry.address}/team/{name}:1" for name in ("penguins", "penguins-model")]
        first, again = (project.run("publish").err for _ in range(2))
        mounts = [path for path in registry.requests("POST") if "from=team%2Fpenguins" in path]
        assert len(mounts) == 1, "the layer of the base is taken from the service's image"
        for part, name, digest in zip(("oci", "oci/modelcar"), names, told(project), strict=True):
            assert f"{part} is published as {name}@{digest}" in first
            assert f"{part} is published already as {name}@{digest}" in again
            command = ["skopeo", "inspect", "--tls-verify=false", f"docker://{name}"]
            there = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            assert there["Digest"] == digest
            ran = project.run("verify", name, "--layers")
            assert ran.code == 0, ran.err
            assert re.search(r"(?m)^layers       [0-9]+ \([0-9.]+ MB\), each as its digests say$", ran.out)
    assert told(project)[1] == told(modelcar)[1], "the same model is the same image, wherever it goes"


@pytest.mark.slow
def test_tests_and_an_engine_lay_the_model_where_kserve_would(modelcar: Project, given: Project, fresh: str) -> None:
    project = with_base(given, TEXT)
    shutil.copy(modelcar / "deploy.lock", project / "deploy.lock")
    project.edit("deploy.yaml", "{base:", f"{{labels: {{fresh: {fresh}}}, base:")
    project.edit("deploy.yaml", "\nserve:", "\ntests: {smoke: {in: oci}}\nserve:")
    with engine.served() as docker:
        there = project.given(DOCKER_HOST=docker.host)
        assert "smoke" in there.build().ran
        number = free_port()
        with there.running("run", "--target", "oci", "--port", str(number)) as run:
            assert is_ready(f"http://127.0.0.1:{number}"), run.end(signal.SIGKILL).err
            assert ask(f"http://127.0.0.1:{number}/predict", [ROW])[1] == [{"prediction": "Adelie"}]
            run.end(signal.SIGTERM)
        assert docker.docker("volume", "ls", "--quiet") == docker.docker("ps", "--all", "--quiet") == ""
