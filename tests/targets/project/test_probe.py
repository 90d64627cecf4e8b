"""The probe runs without deployc, so it repeats what the templates are made from: both say the same."""

from __future__ import annotations

from typing import Any

import pytest
from deployc.compiler.model_spec import Column
from deployc.targets.project import probe, tables
from deployc.targets.project.rows import example_row

KINDS = tables.DTYPES


def test_it_knows_the_column_types_that_the_service_knows() -> None:
    assert probe.DTYPES == tables.DTYPES


def test_it_tries_the_values_that_the_documentation_shows() -> None:
    assert example_row([Column(name=kind, type=kind) for kind in KINDS]) == probe.VALUES


class Picky:
    """A model that takes no negative number."""

    def predict(self, rows: Any) -> Any:
        if (rows["number"] < 0).any():
            raise ValueError("negative")
        return rows["number"].to_numpy()


COLUMNS: list[probe.Column] = [
    ("number", "double", False, None),
    ("name", "string", True, None),
    ("when", "datetime", True, None),
]


@pytest.mark.slow
def test_the_row_that_may_be_shown_is_one_that_a_request_could_be_without_what_is_hidden() -> None:
    pytest.importorskip("pandas")
    asking = probe.Asking(model=Picky(), method="predict", columns=COLUMNS, container="dataframe")
    rows = [{"number": number, "name": "Ann", "when": "2026-01-02"} for number in (-1.0, None, float("inf"), 3.5)]
    found = probe.published_row(asking, rows, ["name"])
    assert found == {"number": 3.5, "name": "text", "when": "2026-01-02T00:00:00Z"}
    assert probe.published_row(asking, rows[:3], []) is None
