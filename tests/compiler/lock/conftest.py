from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployc.compiler import environment, interpreter
from deployc.compiler.lock.piptools_pins import PINS
from deployc.compiler.lock.uv import Uv
from deployc.compiler.process import Processes

from .locking import Machine, machine
from .package_index import PackageIndex


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tools")


@pytest.fixture
def piptools_installed(tools: Path) -> None:
    """The environment of pip-tools, which comes from the machine's own index and not from the test's."""
    uv = Uv(environ=os.environ, processes=Processes(), log=print)
    environment.realise(PINS, interpreter.running(), root=tools, indexes={}, uv=uv)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PackageIndex]:
    folder = tmp_path / "wheels"
    folder.mkdir()
    with PackageIndex(folder).served() as served:
        yield served


@pytest.fixture
def here(tmp_path: Path, index: PackageIndex, tools: Path) -> Machine:
    folder = tmp_path / "machine"
    (folder / "home").mkdir(parents=True)
    return machine(folder, index, tools)
