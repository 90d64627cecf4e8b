"""Sample rows: which columns and types a CSV shows, and how they meet what the model knows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from deployc.compiler.formats.sample import Sample, read_sample
from deployc.compiler.model_spec import Column
from deployc.schema.diagnostics import UserError
from hypothesis import given
from hypothesis import strategies as st

from .space import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (["1", "-2"], Column(name="c", type="long")),
        (["1", ""], Column(name="c", type="double", optional=True)),
        (["1", "2.5"], Column(name="c", type="double")),
        (["1e-6", "NaN"], Column(name="c", type="double", optional=True)),
        (["99999999999999999999", "1"], Column(name="c", type="double")),
        (["1_000", "2"], Column(name="c", type="string")),
        (["true", "False"], Column(name="c", type="boolean")),
        (["True", ""], Column(name="c", type="boolean", optional=True)),
        (["yes", "no"], Column(name="c", type="string")),
        (["NA", "Oslo"], Column(name="c", type="string")),
        (["", "Oslo"], Column(name="c", type="string", optional=True)),
        (["2024-01-31", "2024-02-29"], Column(name="c", type="datetime")),
        (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00.5Z"], Column(name="c", type="datetime")),
        (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00"], Column(name="c", type="string")),
        (["2024-01-31", "31.1.2024"], Column(name="c", type="string")),
        (["", ""], Column(name="c", type="double", optional=True)),
    ],
)
def test_the_type_of_a_column_is_the_narrowest_that_fits_all_cells(cells: list[str], column: Column) -> None:
    rows = "".join(f"{cell},x\n" for cell in cells)
    assert read_sample(f"c,other\n{rows}".encode()).columns[0] == column


def test_a_byte_order_mark_and_quotes_are_no_part_of_a_name() -> None:
    sample = read_sample(b'\xef\xbb\xbf"a, b",c\r\n"1,5",2\r\n')
    assert [column.name for column in sample.columns] == ["a, b", "c"]
    assert sample.rows == (("1,5", "2"),)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"a,b\n", b"a,a\n1,2\n", b"a,b\n1\n", b"a\n\xff\n", b"a;b\n1;2\n", b'a\n"x\n']
)
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(UserError) as caught:
        read_sample(data)
    assert caught.value.diagnostics[0].code == "sample-unreadable"
    assert caught.value.diagnostics[0].field == ("model", "sample")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_sample_or_a_clear_error(data: bytes) -> None:
    try:
        found: object = read_sample(data)
    except UserError as error:
        found = error.diagnostics[0].code
    if isinstance(found, Sample):
        assert all(len(row) == len(found.columns) for row in found.rows)
    else:
        assert found == "sample-unreadable"


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))),
)
def test_what_was_written_is_read_back(numbers: list[int], texts: list[str]) -> None:
    rows = list(zip(numbers, [f"t{t}" for t in texts], strict=False)) or [(1, "t")]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("n", "t"), *rows])
    sample = read_sample(buffer.getvalue().encode())
    assert sample.rows == tuple((str(n), t) for n, t in rows)
    assert sample.columns[0].type == "long"


def test_columns_that_the_model_does_not_take_are_ignored(models: Path, space: Space) -> None:
    spec = space.look(models / "customers.joblib", "bought,city,income,age\nno,Oslo,1.5,31\n")
    assert [column.name for column in spec.inputs] == ["age", "income", "city"]


def test_a_missing_column_is_an_error_that_names_it_and_the_others(models: Path, space: Space) -> None:
    refused = space.refused(models / "customers.joblib", "age,Income,city\n1,2,x\n")
    assert refused.code == "sample-mismatch"
    assert "`income`" in refused.message
    assert "`Income`" in refused.notes[0]
    assert refused.field == ("model", "sample")


def test_a_recorded_signature_goes_before_the_sample(models: Path, space: Space) -> None:
    spec = space.look(models / "mlflow-skops-first", "age,income,city\n1.5,2,3\n")
    assert [column.type for column in spec.inputs] == ["long", "double", "string"]
    assert space.refused(models / "mlflow-skops-first", "age,city\n1,x\n").code == "sample-mismatch"
    assert space.look(models / "mlflow-skops-first", "age,income\n1,2\n").inputs == spec.inputs


def test_without_names_the_number_of_columns_must_fit(models: Path, space: Space) -> None:
    spec = space.look(models / "zoo" / "Forest.pkl", "a,b,c,d\n1.5,2,3,4\n")
    assert [column.name for column in spec.inputs] == ["a", "b", "c", "d"]
    assert spec.container == "ndarray"
    refused = space.refused(models / "zoo" / "Forest.pkl", "a,b,c,d,target\n1,2,3,4,5\n")
    assert refused.code == "sample-mismatch"


def test_types_that_nothing_tells_are_taken_as_numbers_and_noted(models: Path, space: Space) -> None:
    spec = space.look(models / "wide.joblib")
    assert {column.type for column in spec.inputs} == {"double"}
    assert "model.sample" in spec.notes[0]
