"""The same model gives the same bytes, wherever and whenever it is built."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from .project import Project, contents


@pytest.mark.slow
def test_two_builds_far_apart_are_equal_byte_for_byte(
    given: Project, own_cache: Callable[[Project], Project], tmp_path: Path, kept: Path
) -> None:
    given.build()
    other = own_cache(replace(given, folder=tmp_path / "another place"))
    shutil.copytree(given.folder, other.folder, ignore=shutil.ignore_patterns("build", ".deployc"))
    far = {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "12345", "LC_ALL": "tr_TR.UTF-8", "COLUMNS": "20"}
    far |= {"SOURCE_DATE_EPOCH": "86400", "USER": "somebody", "PYTHONUTF8": "0", "FORCE_COLOR": "1"}
    before = os.umask(0o077)
    try:
        other.given(**far).build()
    finally:
        os.umask(before)
    assert contents(other / "build") == contents(given / "build")
    assert (other / "deploy.lock").read_bytes() == (given / "deploy.lock").read_bytes()


def test_outputs_name_no_folder_of_this_machine(built: tuple[Project, str]) -> None:
    project, _ = built
    places = [
        str(p).encode() for p in (project.folder, project.cache, project.home, Path.cwd(), Path.home() / ".cache")
    ]
    texts = {p: p.read_bytes() for p in (project / "build").rglob("*") if p.is_file()}
    texts[project / "deploy.lock"] = (project / "deploy.lock").read_bytes()
    for path, text in texts.items():
        assert not [place for place in places if place in text], path
