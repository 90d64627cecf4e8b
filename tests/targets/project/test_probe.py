"""The probe runs without deployc, so it repeats what the templates are made from: both say the same."""

from __future__ import annotations

from deployc.compiler.model_spec import Column
from deployc.targets.project import probe, tables
from deployc.targets.project.rows import example_row

KINDS = tables.DTYPES


def test_it_knows_the_column_types_that_the_service_knows() -> None:
    assert probe.DTYPES == tables.DTYPES


def test_it_tries_the_values_that_the_documentation_shows() -> None:
    assert example_row([Column(name=kind, type=kind) for kind in KINDS]) == probe.VALUES
