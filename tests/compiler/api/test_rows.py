"""Rows of any kind become one table, and the table one CSV and one JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from deployc.compiler.api.rows import Table, records, table
from deployc.compiler.formats.sample import read_sample
from deployc.compiler.model_spec import Column
from deployc.schema.diagnostics import UserError
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)


def test_mappings_lack_what_only_others_have() -> None:
    found = table([{"a": 1}, {"b": "x", "a": 2.5}])
    assert (found.columns, found.rows) == (("a", "b"), ((1, None), (2.5, "x")))


def test_one_mapping_is_one_row() -> None:
    assert table({"a": 1}).rows == ((1,),)


def test_rows_without_names_take_the_given_ones() -> None:
    assert table([[1, 2]], ["a", "b"]).columns == ("a", "b")
    assert table([(1, 2)]).columns == ("x0", "x1")


def test_texts_are_one_column() -> None:
    assert table(["one", "two"]).rows == (("one",), ("two",))
    assert table(["one"]).columns == ("text",)


@pytest.mark.parametrize("rows", [[], 7, None, [1, 2], [[1, 2], [3]], [{"a": object()}], object()])
def test_what_is_no_table_is_told(rows: object) -> None:
    with pytest.raises(UserError) as raised:
        table(rows)
    assert [d.code for d in raised.value.diagnostics] == ["bad-rows"]


class Guarded:
    """A table of polars' kind that nobody may read beyond its second row."""

    columns = ("a",)

    def iter_rows(self) -> Iterator[tuple[object, ...]]:
        yield from [(1,), (2,)]
        raise AssertionError("a third row was read")


class GuardedColumn:
    """A column of texts that nobody may read beyond its second one."""

    def __iter__(self) -> Iterator[object]:
        yield from ("one", "two")
        raise AssertionError("a third text was read")

    def to_list(self) -> list[object]:
        return [*self]


@pytest.mark.parametrize("rows", [Guarded(), [{"a": 1}, {"a": 2}, {"a": object()}], [[1], [2], [object()]]])
def test_no_row_is_read_that_is_not_wanted(rows: object) -> None:
    assert table(rows, ["a"], most=2) == Table(columns=("a",), rows=((1,), (2,)))


def test_no_text_is_read_that_is_not_wanted() -> None:
    assert table(GuardedColumn(), most=2).rows == (("one",), ("two",))


@pytest.mark.slow
def test_tables_arrays_and_columns_of_libraries_are_cut() -> None:
    np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    cells = [[1.5, 2.0], [math.nan, 4.0], [5.0, 6.0]]
    first = ((1.5, 2.0), (None, 4.0))
    for rows in (np.array(cells), pd.DataFrame(cells), pd.DataFrame(cells, columns=["a", "b"])):
        assert table(rows, ["a", "b"], most=2) == Table(columns=("a", "b"), rows=first)
    # a slice of this one would go by its labels
    assert table(pd.Series(["x", "y", "z"], index=[2.5, 0.5, 1.5]), most=2).rows == (("x",), ("y",))
    with pytest.raises(UserError, match="bad-rows"):
        table(np.array(5.0))


@pytest.mark.slow
def test_a_table_of_polars_is_one_as_it_is_there() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "n": [1, None, 3],
            "x": [0.5, math.nan, None],
            "code": ["01", None, "03"],
            "ok": [True, False, None],
            "at": [datetime(2026, 1, 2, 3), None, datetime(2026, 1, 3)],
            "on": [date(2026, 1, 2), date(2026, 1, 3), None],
            "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
        }
    )
    found = table(frame, most=2)
    assert found.columns == tuple(frame.columns)
    assert found.rows == (
        (1, 0.5, "01", True, datetime(2026, 1, 2, 3), date(2026, 1, 2), "a"),
        (None, None, None, False, None, date(2026, 1, 3), "b"),
    )
    assert found.dtypes() == {"code": "string"}
    assert table(frame["kind"], most=2).rows == (("a",), ("b",))
    with pytest.raises(UserError, match="no rows yet"):
        table(frame.lazy())
    with pytest.raises(UserError, match="bad-rows"):
        table(pl.DataFrame({"a": [[1, 2]]}))


def test_a_missing_number_is_empty_and_null() -> None:
    found = table([{"a": math.nan, "b": 1}])
    assert found.csv() == "a,b\n,1\n"
    assert records([{"a": math.nan}], ()) == [{"a": None}]


def test_times_are_written_as_iso() -> None:
    assert records([{"at": datetime(2026, 1, 2, 3, 4)}], ()) == [{"at": "2026-01-02T03:04:00"}]


def test_a_day_is_sent_as_its_midnight_since_a_service_takes_times() -> None:
    assert records([{"on": date(2026, 1, 2)}], ()) == [{"on": "2026-01-02T00:00:00"}]
    assert table([{"on": date(2026, 1, 2)}]).csv() == "on\n2026-01-02\n"


class Lazy:
    """A table of polars' kind that is not computed."""

    columns = ("a",)

    def collect(self) -> object: ...

    def collect_schema(self) -> object: ...


def test_a_table_that_is_not_computed_is_told_of() -> None:
    with pytest.raises(UserError, match="a Lazy has no rows yet"):
        table(Lazy())


def test_whole_numbers_stay_whole_where_an_array_made_them_floats() -> None:
    columns = (Column(name="n", type="long"), Column(name="x", type="double"))
    sent = records([[2.0, 2.0]], columns)
    assert repr(sent) == "[{'n': 2, 'x': 2.0}]"


def test_texts_of_digits_are_told_apart() -> None:
    rows = [{"zip": "01234", "n": 1, "x": 1.0, "who": "me", "yes": True}]
    assert table(rows).dtypes() == {"zip": "string"}


ROW = st.fixed_dictionaries({"text": TEXTS, "x": st.floats(allow_nan=False), "n": st.integers()})


@given(st.lists(ROW, min_size=1))
def test_the_csv_holds_what_the_rows_hold(rows: list[dict[str, object]]) -> None:
    found = table(rows)
    read = [dict(zip(found.columns, row, strict=True)) for row in read_sample(found.csv().encode()).rows]
    assert [(row["text"], float(row["x"]), int(row["n"])) for row in read] == [
        (row["text"], row["x"], row["n"]) for row in rows
    ]
