"""The probe runs alone, so it repeats what the templates are made from: both say the same."""

from __future__ import annotations

import ast

from deployc.compiler.model_spec import Column
from deployc.targets.project import tables
from deployc.targets.project.probing import SCRIPT
from deployc.targets.project.rows import example_row

FACTS = {
    node.target.id: ast.literal_eval(node.value)
    for node in ast.parse(SCRIPT.read_text(encoding="utf-8")).body
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(node.value, ast.Dict)
}


def test_it_knows_the_column_types_that_the_service_knows() -> None:
    assert FACTS["DTYPES"] == tables.DTYPES


def test_it_tries_the_values_that_the_documentation_shows() -> None:
    values = FACTS["VALUES"]
    assert example_row([Column(name=kind, type=kind) for kind in values]) == values
