"""Cells of a CSV file become the values that a request would have."""

from __future__ import annotations

import pytest
from deployc.compiler.formats.sample import read_sample
from deployc.compiler.rows import typed_rows


@pytest.mark.parametrize(
    ("cell", "said"), [("2021-09-29", "2021-09-29T00:00:00"), ("2021-09-29T10:00:00Z", "2021-09-29T10:00:00Z")]
)
def test_a_date_alone_is_its_midnight_as_a_request_has_to_say_the_time(cell: str, said: str) -> None:
    table = f"signup\n{cell}\n".encode()
    columns = read_sample(table).columns
    assert [column.type for column in columns] == ["datetime"]
    assert typed_rows(table, columns, field=()) == [{"signup": said}]
