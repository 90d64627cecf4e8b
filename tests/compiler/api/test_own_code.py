"""The user's own modules are found with what they import, and nothing that is installed."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from deployc.compiler.api.own_code import own_code, pinned


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on Python's path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def write(folder: Path, path: str, text: str = "") -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def test_a_module_comes_with_those_that_it_imports(folder: Path) -> None:
    write(folder, "own_steps.py", "import json\nimport yaml\nfrom own_helpers.texts import clean\n")
    write(folder, "own_helpers/__init__.py")
    write(folder, "own_helpers/texts.py", "def clean(text):\n    return text\n")
    write(folder, "own_unused.py")
    importlib.import_module("own_steps")
    found = own_code(["own_steps", "json", "yaml"], sys.modules)
    assert [*found.files] == ["own_helpers/__init__.py", "own_helpers/texts.py", "own_steps.py"]
    assert found.tops == ("own_helpers", "own_steps.py")
    assert [name.lower() for name in found.needs] == ["pyyaml"]


def test_a_module_of_a_package_keeps_its_place(folder: Path) -> None:
    write(folder, "own_package/__init__.py")
    write(folder, "own_package/inner/__init__.py")
    write(folder, "own_package/inner/steps.py", "from ..other import x\n")
    write(folder, "own_package/other.py", "x = 1\n")
    importlib.import_module("own_package.inner.steps")
    found = own_code(["own_package.inner.steps"], sys.modules)
    assert [*found.files] == [
        "own_package/__init__.py",
        "own_package/inner/__init__.py",
        "own_package/inner/steps.py",
        "own_package/other.py",
    ]


def test_what_is_installed_or_built_in_is_not_the_user_s() -> None:
    assert not own_code(["yaml", "json", "builtins", "nowhere_at_all"], sys.modules).files


def test_pins_are_what_is_installed() -> None:
    assert pinned(["PyYAML", "nowhere-at-all"]) == (f"PyYAML=={version('PyYAML')}",)
