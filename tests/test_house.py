"""The shape of the project itself: what is shipped, and which way its imports point."""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

import deployc.compiler
import deployc.schema
import deployc.targets
import pytest

LAYERS = ("schema", "compiler", "targets")
ROOTS = ("compiler.api", "compiler.cli")
"""The composition roots, which may import everything; `compiler` itself only hands out what the first one has."""
ROOT = Path(__file__).parent.parent


def modules() -> Mapping[str, Path]:
    found = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Every import of a module, also those inside functions."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ["deployc", *package][: len(package) + 2 - node.level]
            stem = ".".join([*base[1:], *([node.module] if node.module else [])])
            named = [f"{stem}.{alias.name}".strip(".") for alias in node.names]
            submodules = [n for n in named if n in known]
            yield from submodules
            if len(submodules) < len(named) and stem in known:
                yield stem


KNOWN = modules()
GRAPH = {name: {i for i in imports(name, path, KNOWN) if i != name} for name, path in KNOWN.items()}


def test_there_is_no_cycle_of_imports() -> None:
    tuple(graphlib.TopologicalSorter(GRAPH).static_order())


@pytest.mark.parametrize("name", sorted(n for n in KNOWN if not n.startswith(ROOTS)))
def test_imports_point_one_way(name: str) -> None:
    layer = LAYERS.index(name.split(".")[0])
    upward = {target for target in GRAPH[name] if LAYERS.index(target.split(".")[0]) > layer}
    assert not upward


def test_every_package_is_listed() -> None:
    """A wheel silently leaves out a package that pyproject does not list."""
    listed = re.findall(r'(?m)^    "(deployc\.[a-z_.]+)",$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {path.parent for layer in LAYERS for path in (ROOT / layer).rglob("*.py")}
    assert sorted(listed) == sorted(f"deployc.{'.'.join(f.relative_to(ROOT).parts)}" for f in folders)


def test_everything_is_shipped() -> None:
    """An editable install hides it where something is not."""
    sources = {
        f"deployc/{p.relative_to(ROOT).as_posix()}"
        for layer in LAYERS
        for p in (ROOT / layer).rglob("*")
        if p.is_file() and p.suffix != ".pyc"
    }
    # what a build leaves in the source folder is a distribution of that name too
    found = (found.files or () for found in distributions(name="deployc"))
    shipped = {str(path) for files in found for path in files}
    if not any(path.startswith("deployc/") for path in shipped):
        pytest.skip("this is an editable install")
    assert sources <= shipped


def test_what_is_tested_is_what_is_here() -> None:
    for package in (deployc.schema, deployc.compiler, deployc.targets):
        for path in Path(str(package.__file__)).parent.rglob("*.py"):
            layer = str(package.__name__).removeprefix("deployc.")
            here = ROOT / layer / path.relative_to(Path(str(package.__file__)).parent)
            assert path.read_bytes() == here.read_bytes(), f"{path} is not the source's: install again"
