"""Libraries as layers: of the platform's own wheels, compiled, and the same in whatever folder they were installed."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import uv
from deployc.compiler.cas import Cas
from deployc.compiler.lock.uv import Uv
from deployc.compiler.node import Work
from deployc.compiler.process import Processes
from deployc.compiler.tree import Tree
from deployc.schema.diagnostics import UserError
from deployc.targets.oci import layers, libraries
from deployc.targets.oci.libraries import Place

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"venv/lib/python{PYTHON}/site-packages"
FIELD = ("targets", "oci", "base")
SHARED = ("libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2")
"""What every Debian has."""

Build = Callable[[str, str], Tree]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lock() -> str:
    """Of one library that is compiled, and of one with a command."""
    command = [uv.find_uv_bin(), "pip", "compile", "-q", "--generate-hashes", "--universal", "--no-annotate", "-"]
    done = subprocess.run(command, input="msgspec\nuvicorn\n", capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def build(tmp_path: Path, lock: str) -> Build:
    """Installs into a folder of this name for these wheels."""

    def make(folder: str, wheels: str) -> Tree:
        (tmp_path / folder).mkdir()
        processes = Processes()
        work = Work(
            cas=Cas(tmp_path / "cas"),
            inputs={},
            folder=tmp_path / folder,
            pythons={},
            processes=processes,
            log=lambda line: None,
            note=lambda line: None,
        )
        place = Place(
            python=PYTHON,
            wheels=wheels,
            interpreter=Path(sys.executable),
            indexes={},
            shared=SHARED,
            base=FIELD,
            field=FIELD,
        )
        tools = Uv(environ=dict(os.environ), processes=processes, log=lambda line: None)
        return libraries.build(work, lock, place, tools, "gzip")

    return make


def files(cas: Cas, tree: Tree) -> dict[str, bytes]:
    """What all layers hold, by path."""
    found = {}
    for layer in layers.read(cas, tree):
        with tarfile.open(cas.path(layer.digest)) as tar:
            for member in tar:
                opened = tar.extractfile(member) if member.isfile() else None
                if opened:
                    found[member.name] = opened.read()
    return found


def test_another_platform_s_libraries_are_its_own_wheels(build: Build, tmp_path: Path) -> None:
    found = files(Cas(tmp_path / "cas"), build("here", "aarch64-manylinux_2_36"))
    native = [path for path in found if path.endswith(".so")]
    assert native
    assert all("aarch64-linux-gnu" in path for path in native)
    tag = f"cpython-{PYTHON.replace('.', '')}"
    assert f"{SITE}/uvicorn/__pycache__/main.{tag}.pyc" in found
    assert all(path.startswith(f"{SITE}/") and not path.startswith(f"{SITE}/bin/") for path in found)


def test_a_record_lists_what_is_there(build: Build, tmp_path: Path) -> None:
    found = files(Cas(tmp_path / "cas"), build("here", "x86_64-manylinux_2_36"))
    records = [path for path in found if path.endswith("/RECORD")]
    listed = [row[0] for path in records for row in csv.reader(io.StringIO(found[path].decode()))]
    assert {f"{SITE}/{path}" for path in listed} == {path for path in found if "__pycache__" not in path}


def test_the_folder_of_the_build_is_in_no_byte(build: Build) -> None:
    assert build("here", "x86_64-manylinux_2_36") == build("elsewhere", "x86_64-manylinux_2_36")


def test_a_platform_without_a_build_is_told_at_its_field(build: Build) -> None:
    with pytest.raises(UserError) as raised:
        build("here", "x86_64-linux-android")
    assert [(d.code, d.field) for d in raised.value.diagnostics] == [("no-wheel", FIELD)]
