"""What a service is not asked for is taken out of the templates by its names: nothing else there may be called so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from symtable import Function, SymbolTable, symtable

import pytest
from deployc.targets import project
from deployc.targets.project.catalog import chosen
from deployc.targets.project.choices import choose

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config

HERE = Path(str(project.__file__)).parent
TEMPLATES = sorted(
    path.relative_to(HERE).as_posix()
    for folder in ("template", "frameworks", "flavors", "optimizers", "several")
    for path in (HERE / folder).glob("*.py")
)
NAMES = choose(REGRESSOR, REGRESSOR_OUTPUTS, config(metrics=False), chosen("asgi"), None).left_out
"""All of them: the service asks for nothing."""
OWN = {"metrics"}
"""Parameters of those features themselves."""


def clashes(table: SymbolTable) -> Iterator[str]:
    """Local variables, parameters and functions within functions that would go with a feature."""
    if isinstance(table, Function):
        taken = NAMES & {*table.get_locals()} - OWN.intersection(table.get_parameters())
        yield from (f"{table.get_name()}, line {table.get_lineno()}: {name}" for name in sorted(taken))
    for inner in table.get_children():
        yield from clashes(inner)


@pytest.mark.parametrize("path", TEMPLATES)
def test_no_local_name_of_a_template_goes_with_a_feature(path: str) -> None:
    assert [*clashes(symtable((HERE / path).read_text(encoding="utf-8"), path, "exec"))] == []


def test_one_would_be_seen() -> None:
    source = "def f(phase):\n    share = phase\n    return [trace for trace in share]\n"
    found = " ".join(clashes(symtable(source, "f.py", "exec")))
    assert all(name in found for name in ("phase", "share", "trace"))
