"""Images in a real Docker engine: built with and without deployc, run as nobody on a file system that cannot change."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..containers import base, registry
from ..containers.engine import BASE, Engine, served
from .conftest import PYTHON
from .project import Project
from .test_serving import ROW, ask

ANY = {"Accept": "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"}
TARGET = (
    f"targets:\n  docker: {{base: '{BASE}', network: host, tag: 'penguins-tested:1', container: penguins-tested}}\n"
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    if PYTHON != base.PYTHON:
        pytest.skip(f"the base's Python is {base.PYTHON}")
    with served() as engine:
        yield engine


@pytest.fixture
def imaged(ready: Project) -> Project:
    """A folder in which the files of an image are built."""
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", TARGET)
    ready.build()
    return ready


@pytest.mark.slow
def test_the_folder_builds_without_deployc_and_its_container_can_write_nowhere(imaged: Project, engine: Engine) -> None:
    engine.docker("build", "--network", "host", "--tag", "penguins-plain", imaged / "build/docker")
    shut = ("--read-only", "--cap-drop", "ALL", "--publish", "127.0.0.1::8000")
    container = engine.docker("run", "--detach", *shut, "penguins-plain").strip()
    address = engine.docker("port", container, "8000/tcp").strip()
    assert is_ready(f"http://{address}")
    status, answer = ask(f"http://{address}/predict", ROW)
    assert (status, answer) == (200, {"prediction": "Adelie"})
    assert engine.docker("exec", container, "id", "-u").strip() == "65532"
    engine.docker("stop", "--time", "40", container)
    assert engine.docker("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "0"


@pytest.mark.slow
def test_run_builds_the_image_follows_the_service_and_removes_it_at_the_end(imaged: Project, engine: Engine) -> None:
    there = imaged.given(DOCKER_HOST=engine.host, PENGUINS_LOG_LEVEL="debug")
    number = free_port()
    with there.running("run", "--target", "docker", "--port", str(number)) as running:
        assert is_ready(f"http://127.0.0.1:{number}"), running.end(signal.SIGKILL).err
        assert ask(f"http://127.0.0.1:{number}/predict", ROW)[1] == {"prediction": "Adelie"}
        [found] = json.loads(engine.docker("inspect", "penguins-tested"))
        ended = running.end(signal.SIGINT)
    assert ended.code == 0, ended.err
    assert found["HostConfig"]["ReadonlyRootfs"]
    assert "PENGUINS_LOG_LEVEL=debug" in found["Config"]["Env"]
    assert f"penguins-tested:1 runs as the container penguins-tested at http://127.0.0.1:{number}" in ended.err
    assert '"path": "/predict"' in ended.err or '"path":"/predict"' in ended.err
    assert engine.docker("ps", "--all", "--quiet") == ""
    # what was built of the same files is not built again
    again = there.run("run", "--target", "docker", "--no-start")
    assert again.code == 0
    assert "Step" not in again.err
    assert found["Image"] in again.err


@pytest.mark.slow
def test_what_the_engine_refuses_is_told_at_the_target(imaged: Project, engine: Engine) -> None:
    there = imaged.given(DOCKER_HOST=engine.host)
    engine.docker("run", "--detach", "--name", "penguins-tested", BASE, "sleep", "600")
    told = there.run("run", "--target", "docker")
    assert (told.code, told.codes) == (1, ["container-exists"])
    assert "docker rm -f penguins-tested" in told.err
    dockerfile = imaged / "build/docker/Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("pip install", "pip instal"), encoding="utf-8")
    told = there.run("run", "--target", "docker", "--no-start")
    assert (told.code, told.codes) == (1, ["engine-failed"])
    assert "--> deploy.yaml:" in told.err
    assert 'unknown command "instal"' in told.err


def test_without_an_engine_another_target_is_named(imaged: Project) -> None:
    told = imaged.given(DOCKER_HOST="unix:///nowhere.sock").run("run", "--target", "docker")
    assert (told.code, told.codes) == (1, ["no-engine"])
    assert "`oci`" in told.err


def test_a_target_that_is_no_image_is_not_run_by_an_engine(ready: Project) -> None:
    assert ready.run("run", "--target", "wheel").codes == ["not-runnable"]
    assert ready.run("run", "--target", "weel").codes == ["unknown-target"]


TESTED = f"""\
{TARGET}\
  project: {{}}
tests:
  smoke: {{in: docker}}
  parity: {{in: docker, rows: sample.csv, tolerance: 1e-9}}
  pytest: {{in: docker, inputs: [test_service.py]}}
"""
TEST = """\
import os
import urllib.request


def test_the_documentation_is_there() -> None:
    assert urllib.request.urlopen(os.environ["SERVICE_URL"] + "/openapi.json").status == 200
"""


@pytest.fixture
def tested(ready: Project, fresh: str) -> Project:
    """The same with tests of the image that have not been run before."""
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", TESTED)
    ready.edit("deploy.yaml", "network: host", f"network: host, labels: {{fresh: {fresh}}}")
    ready.write("test_service.py", TEST)
    return ready


@pytest.mark.slow
def test_tests_run_in_a_container_of_the_image(tested: Project, engine: Engine) -> None:
    built = tested.given(DOCKER_HOST=engine.host).build()
    assert {"smoke", "parity", "pytest"} <= built.ran
    assert (tested / "build/reports/smoke/report.json").is_file()
    assert engine.docker("ps", "--all", "--quiet") == ""
    assert "deployc-" not in engine.docker("network", "ls", "--format", "{{.Name}}")
    assert "/predict" in (tested / ".deployc/logs/smoke.log").read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_image_that_no_engine_built_is_tested_and_run_by_one(ready: Project, engine: Engine, fresh: str) -> None:
    shutil.copytree(base.layout(), ready / "base", copy_function=os.link)
    target = f"{{base: ./base, reference: 'registry.example.com/penguins:{fresh}', labels: {{fresh: {fresh}}}}}"
    more = f"targets:\n  oci: {target}\ntests:\n  smoke: {{in: oci}}\n"
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", more)
    there = ready.given(DOCKER_HOST=engine.host)
    assert "smoke" in there.build().ran
    ran = there.run("run", "--target", "oci", "--no-start")
    assert ran.code == 0, ran.err
    # the test has brought it there, and its bytes are the same
    assert "loading" not in ran.err
    [found] = json.loads(engine.docker("inspect", f"registry.example.com/penguins:{fresh}"))
    assert found["Id"] in ran.err
    assert found["Config"]["User"] == "65532:65532"
    number = free_port()
    with there.running("run", "--target", "oci", "--port", str(number)) as running:
        assert is_ready(f"http://127.0.0.1:{number}"), running.end(signal.SIGKILL).err
        assert ask(f"http://127.0.0.1:{number}/predict", ROW)[1] == {"prediction": "Adelie"}
        assert running.end(signal.SIGTERM).code == 143
    assert engine.docker("ps", "--all", "--quiet") == ""


@pytest.mark.slow
def test_compose_builds_the_image_and_runs_it(ready: Project, engine: Engine) -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("there is no docker-compose here: apt-get install docker-compose")
    number = free_port()
    more = f"{TARGET}  compose: {{port: {number}, environment: {{PENGUINS_LOG_LEVEL: debug}}}}\n"
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}\n", more)
    ready.build()
    file = ready / "build/compose/compose.yaml"
    # Debian's version is older than this key, which newer ones call the project by
    file.write_text(file.read_text(encoding="utf-8").replace("name: penguins\n", "", 1), encoding="utf-8")
    command = [program, "-f", file, "-p", "penguins"]
    environ = {**os.environ, "DOCKER_HOST": engine.host, "DOCKER_BUILDKIT": "0"}
    subprocess.run([*command, "up", "--detach", "--build"], env=environ, check=True, capture_output=True)
    try:
        assert is_ready(f"http://127.0.0.1:{number}"), engine.docker("ps", "--all")
        assert ask(f"http://127.0.0.1:{number}/predict", ROW)[1] == {"prediction": "Adelie"}
    finally:
        subprocess.run([*command, "down"], env=environ, check=True, capture_output=True)


@pytest.mark.slow
def test_publish_pushes_the_image_that_the_engine_has_built(imaged: Project, engine: Engine, tmp_path: Path) -> None:
    assert imaged.run("publish", "docker").codes == ["not-publishable"]
    folder = tmp_path / "registry"
    folder.mkdir()
    with registry.served(folder) as there:
        imaged.edit("deploy.yaml", "penguins-tested:1", f"{there.address}/penguins:1")
        told = imaged.given(DOCKER_HOST=engine.host).run("publish")
        assert told.code == 0, told.err
        request = urllib.request.Request(f"http://{there.address}/v2/penguins/manifests/1", headers=ANY)
        with urllib.request.urlopen(request) as answer:
            digest = answer.headers["Docker-Content-Digest"]
    assert f"published {there.address}/penguins:1 {digest}" in told.err


@pytest.mark.slow
def test_without_an_engine_the_tests_of_an_image_are_said_to_be_not_proved(tested: Project) -> None:
    tested.edit("deploy.yaml", "  pytest: {in: docker, inputs: [test_service.py]}\n", "")
    tested.edit("deploy.yaml", "  project: {}\n", "  mlflow: {}\n")
    alone = tested.given(DOCKER_HOST="unix:///nowhere.sock")
    told = alone.run("build", "--no-locked")
    assert told.code == 0, told.err
    assert "not proved: smoke: there is no Docker engine that answers" in told.err
    assert "not proved: parity: " in told.err
    refused = alone.run("publish", "--no-locked")
    assert (refused.code, refused.codes) == (1, ["unproved-test", "unproved-test"])
    strict = alone.run("build", "--locked", "--keep-going")
    assert (strict.code, strict.codes) == (1, ["no-engine", "no-engine"])


def test_a_place_that_makes_no_image_is_told_before_anything_is_built(tested: Project) -> None:
    tested.edit("deploy.yaml", "smoke: {in: docker}", "smoke: {in: project}")
    tested.edit("deploy.yaml", "parity: {in: docker", "parity: {in: wheel")
    told = tested.run("check")
    assert (told.code, told.codes) == (1, ["unknown-image"])
    assert "known: project, docker" in told.err


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(url: str) -> bool:
    """Whether a service says within two minutes that it is ready."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return True
        except OSError:
            time.sleep(0.2)
    return False
