"""Which Python is found for a wanted version."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from deployc.compiler import interpreter
from deployc.schema.diagnostics import UserError


def test_the_running_python_is_taken_where_it_fits() -> None:
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = interpreter.find(minor, {})
    assert found == interpreter.running() == interpreter.find("", {})
    told = subprocess.run([found.path, "-c", "import sys; print(sys.prefix == sys.base_prefix)"], capture_output=True)
    assert told.stdout.strip() == b"True"
    assert found.version.startswith(minor + ".")


def other_minors() -> list[str]:
    """Supported versions that are installed here, but for the running one."""
    found = []
    for minor in ("3.10", "3.11", "3.12", "3.13"):
        with suppress(UserError):
            found.append(interpreter.find(minor, os.environ))
    return [".".join(i.version.split(".")[:2]) for i in found if i.version != interpreter.running().version]


@pytest.mark.parametrize("minor", other_minors()[:2])
def test_another_installed_python_is_found_each_time(minor: str) -> None:
    found = interpreter.find(minor, os.environ)
    assert found.version.startswith(minor + ".")
    assert interpreter.find(minor, os.environ) == found
    assert found.platform == interpreter.running().platform
    told = subprocess.run([found.path, "-c", "import platform; print(platform.python_version())"], capture_output=True)
    assert told.stdout.decode().strip() == found.version


def test_one_that_is_not_installed_is_named_with_those_that_are() -> None:
    with pytest.raises(UserError) as caught:
        interpreter.find("3.1", {"PATH": "", "HOME": "/nonexistent"})
    (found,) = caught.value.diagnostics
    assert (found.code, found.field) == ("python-not-found", ("python",))
    assert interpreter.running().version in found.notes[0]


def test_a_program_that_only_looks_like_a_python_is_passed_by(tmp_path: Path) -> None:
    fake = tmp_path / "python3.1"
    fake.write_text("#!/bin/sh\nexit 127\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(UserError) as caught:
        interpreter.find("3.1", {"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert caught.value.diagnostics[0].code == "python-not-found"
