"""The oci target: an image that other tools take, that runs without rights, and is the same wherever it is built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ..containers import base, engine
from ..containers.running import apart, running, unpacked
from ..targets.oci import layouts
from .conftest import GIVEN, PYTHON, _given
from .project import Project, contents

REFERENCE = "registry.example.com/penguins:1"
OCI = f"targets: {{oci: {{base: ./base, reference: {REFERENCE}}}}}\nserve: {{optimize: off}}\n"
TEXT = GIVEN.partition("targets:")[0] + OCI


def with_base(project: Project, text: str = TEXT) -> Project:
    """The project with a base for its images beside its deploy.yaml."""
    if PYTHON != base.PYTHON:
        pytest.skip(f"the base of tests has Python {base.PYTHON}")
    shutil.copytree(base.layout(), project / "base", copy_function=os.link)
    project.write("deploy.yaml", text)
    return project


@pytest.fixture
def imaged(given: Project) -> Project:
    """A folder whose image is still to be built."""
    return with_base(given)


@pytest.fixture(scope="session")
def image(
    built: tuple[Project, str], project_at: Callable[[Path], Project], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """The same, built; not to be changed."""
    project = with_base(_given(project_at(tmp_path_factory.mktemp("image")), built[0]))
    project.build()
    return project


def told(project: Project) -> dict[str, object]:
    found: dict[str, object] = json.loads((project / "build/oci/image.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
def test_other_tools_read_the_same_digest(image: Project) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("there is no skopeo here: apt-get install skopeo")
    read = subprocess.run([skopeo, "inspect", f"oci:{image / 'build/oci'}"], capture_output=True, check=True)
    assert json.loads(read.stdout)["Digest"] == told(image)["digest"]
    config = subprocess.run(
        [skopeo, "inspect", "--config", f"oci:{image / 'build/oci'}"], capture_output=True, check=True
    )
    assert json.loads(config.stdout)["config"]["User"] == told(image)["user"] == "65532:65532"


@pytest.mark.slow
def test_it_serves_without_rights_on_a_root_that_is_read_only(image: Project, tmp_path: Path) -> None:
    bundle = unpacked(image / "build/oci", "1", tmp_path / "bundle")
    row = {"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750}
    with running(bundle, "PENGUINS_", {}) as container:
        body = json.dumps([row]).encode()
        request = urllib.request.Request(f"{container.address}/predict", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            assert json.loads(response.read()) == [{"prediction": "Adelie"}]
        assert container.stop() == 0
    # what Python would have compiled at its start, and could not have kept, is there
    site = bundle / f"rootfs/venv/lib/python{PYTHON}/site-packages"
    assert list(site.glob("fastapi/__pycache__/*.pyc"))
    assert not list(site.glob("bin/*"))


ASK = """\
import time, urllib.request
def ask(path, *body):
    return urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8080" + path, *body), timeout=30)
deadline = time.monotonic() + 60
while True:
    try:
        assert ask("/ping").status == 200
        break
    except OSError:
        assert time.monotonic() < deadline
        time.sleep(0.05)
print(ask("/invocations", ROWS, {"Content-Type": "text/csv"}).read().decode())
"""


@pytest.mark.slow
def test_sagemaker_starts_it_and_asks_it_on_its_own_port(image: Project, imaged: Project, tmp_path: Path) -> None:
    """It runs the image with the argument `serve`, asks GET /ping until it is 200, and sends bodies to /invocations."""
    shutil.copy(image / "deploy.lock", imaged / "deploy.lock")
    imaged.edit("deploy.yaml", "serve: {", "serve: {port: 8080, ")
    imaged.build()
    bundle = unpacked(imaged / "build/oci", "1", tmp_path / "bundle")
    rows = (imaged / "sample.csv").read_bytes()
    with apart(bundle, ["serve"]) as container:
        answer = json.loads(container.python(ASK.replace("ROWS", repr(rows))))
        assert container.stop() == 0
    assert answer["predictions"][0] == "Adelie"
    assert len(answer["predictions"]) == 7


@pytest.mark.slow
def test_it_is_the_same_in_another_folder_cache_time_zone_and_umask(
    image: Project, imaged: Project, own_cache: Callable[[Project], Project]
) -> None:
    strict = ("sh", "-c", 'umask 077; exec "$@"', "sh")
    other = replace(own_cache(imaged).given(TZ="Asia/Tokyo"), inside=strict)
    shutil.copy(image / "deploy.lock", other / "deploy.lock")
    assert "oci/libraries-amd64" in other.build().ran or base.MACHINE != "amd64"
    assert contents(other / "build/oci") == contents(image / "build/oci")


@pytest.mark.slow
def test_new_code_or_a_new_name_leaves_the_libraries_and_the_model_alone(
    image: Project, imaged: Project, fresh: str
) -> None:
    shutil.copy(image / "deploy.lock", imaged / "deploy.lock")
    imaged.edit("deploy.yaml", "base: ./base", f"base: ./base, labels: {{fresh: x{fresh}}}")
    assert imaged.build().ran == {"oci"}
    before, after = (set(contents(p / "build/oci/blobs")) for p in (image, imaged))
    assert len(after - before) == 2, "a config and a manifest"


@pytest.mark.slow
def test_manifests_run_the_image_by_its_digest(image: Project, imaged: Project) -> None:
    shutil.copy(image / "deploy.lock", imaged / "deploy.lock")
    imaged.edit("deploy.yaml", "targets: {oci:", "targets: {kubernetes: {image: oci}, oci:")
    imaged.build()
    manifest = yaml.safe_load((imaged / "build/kubernetes/deployment.yaml").read_text(encoding="utf-8"))
    [container] = manifest["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"registry.example.com/penguins@{told(image)['digest']}"


@pytest.mark.slow
def test_docker_loads_the_archive_under_its_name(image: Project, imaged: Project) -> None:
    shutil.copy(image / "deploy.lock", imaged / "deploy.lock")
    imaged.edit("deploy.yaml", "base: ./base", "base: ./base, archive: true")
    imaged.build()
    with engine.served() as docker:
        docker.docker("load", "-i", imaged / "build/oci/image.tar")
        [loaded] = json.loads(docker.docker("inspect", REFERENCE))
        assert loaded["Config"]["User"] == "65532:65532"
        assert loaded["Config"]["Healthcheck"]["Interval"] == 10**10
        prints = docker.docker(
            "run", "--rm", "--read-only", "--entrypoint", "python", REFERENCE, "-c", "import penguins"
        )
        assert prints == ""
        docker.docker("rmi", REFERENCE)


@pytest.mark.slow
def test_a_base_without_the_service_s_python_is_told_at_its_line(given: Project) -> None:
    given.write("deploy.yaml", TEXT)
    assert given.fails("missing-file")
    layouts.write(given / "base", layouts.image([{"usr/bin/python3.4": b""}], base.MACHINE))
    err = given.fails("unfit-base")
    assert f"the base has no Python {PYTHON}; it has: 3.4" in err
    assert "deploy.yaml:7:23" in err
    (given / "base/index.json").write_text("{}", encoding="utf-8")
    assert "it has no image for linux/" in given.fails("bad-base")
