"""A bundle is installed where there is no network, and says so where it is damaged."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from .conftest import PYTHON
from .project import Project

pytestmark = pytest.mark.slow
OFFLINE = ["unshare", "--map-root-user", "--net"]


@pytest.fixture
def unpacked(ready: Project, tmp_path: Path) -> Path:
    ready.edit("deploy.yaml", "targets: {project: {}, wheel: {}}", "targets: {project: {}, bundle: {}}")
    ready.build()
    with tarfile.open(ready / "build/bundle/penguins-bundle.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "penguins-bundle"


def test_it_is_installed_without_a_network(unpacked: Path, tmp_path: Path) -> None:
    to = tmp_path / "my service"
    done = subprocess.run(
        [*OFFLINE, "sh", str(unpacked / "install.sh"), str(to)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"run it: {to}/bin/penguins-serve\n"
    helped = subprocess.run([to / "bin/penguins-score", "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0, helped.stderr

    wheel = next((unpacked / "wheels").iterdir())
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    damaged = subprocess.run(
        ["sh", str(unpacked / "install.sh"), str(tmp_path / "other")], capture_output=True, text=True, check=False
    )
    assert damaged.returncode != 0
    assert wheel.name in damaged.stdout + damaged.stderr
    assert not (tmp_path / "other").exists()


def test_another_python_is_told(unpacked: Path, tmp_path: Path) -> None:
    other = subprocess.run(
        ["sh", str(unpacked / "install.sh"), str(tmp_path / "service")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": "/nowhere/python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode == 1
    assert "there is no /nowhere/python here" in other.stderr
    assert f"python{PYTHON}" in (unpacked / "install.sh").read_text(encoding="utf-8")
