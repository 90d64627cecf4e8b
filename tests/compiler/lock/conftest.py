from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .locking import Machine, machine
from .package_index import PackageIndex


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tools")


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
