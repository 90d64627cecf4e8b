"""Edges are found by asking: the two neighbouring numbers between which an answer changes."""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable, Sequence
from random import Random

import pytest
from deployc.targets.project.proof.edges import around, jumps, place_of, value_at
from deployc.targets.project.proof.rows import Pool, Row
from hypothesis import given
from hypothesis import strategies as st

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, FINITE)
def test_places_are_in_the_order_of_numbers_and_lead_back_to_them(a: float, b: float) -> None:
    assert value_at(place_of(a, "double"), "double") == a
    assert (place_of(a, "double") < place_of(b, "double")) == (a < b)
    assert value_at(place_of(a, "double") + 1, "double") == math.nextafter(a, math.inf) or a == 0


@given(FINITE.filter(lambda x: abs(x) < 1e300), st.integers(0, 2**32))
def test_both_sides_of_any_threshold_are_found(threshold: float, seed: int) -> None:
    def ask(rows: Sequence[Row]) -> Sequence[Hashable]:
        return [float(str(row["a"])) > threshold for row in rows]

    pool = Pool(("a", "double", False), [threshold - 1 - abs(threshold), threshold + 1 + abs(threshold)])
    found = {row["a"] for row in jumps(ask, [pool], [{"a": 0.0}], Random(seed), 3)}
    assert {threshold, math.nextafter(threshold, math.inf)} <= found or not found


@pytest.mark.parametrize("single", [False, True])
def test_what_stands_before_a_threshold_does_not_hide_it(single: bool) -> None:
    """Scaled, and compared as single floats: the edge is where the model has it, not where its threshold is."""

    def seen(value: float) -> float:
        scaled = (value - 3.7) / 1.3
        return float(struct.unpack("<f", struct.pack("<f", scaled))[0]) if single else scaled

    def ask(rows: Sequence[Row]) -> Sequence[Hashable]:
        return [seen(float(str(row["a"]))) > 0.1 for row in rows]

    pool = Pool(("a", "double", False), [-10.0, 10.0])
    values = [float(str(row["a"])) for row in jumps(ask, [pool], [{"a": 0.0}], Random(0), 1)]
    assert len(values) == 4
    assert values == sorted(values)
    assert seen(values[1]) <= 0.1 < seen(values[2])
    assert values[2] == math.nextafter(values[1], math.inf)


def test_whole_numbers_are_halved_to_neighbours() -> None:
    pool = Pool(("n", "long", False), [-1000, 1000])
    found = [*jumps(lambda rows: [int(str(r["n"])) > 17 for r in rows], [pool], [{"n": 0}], Random(1), 1)]
    assert [row["n"] for row in found] == [16, 17, 18, 19]


def test_a_model_that_never_changes_has_no_edges() -> None:
    pool = Pool(("a", "double", False), [0.0, 1.0])
    assert not [*jumps(lambda rows: [0] * len(rows), [pool], [{"a": 0.0}], Random(2), 5)]


@given(st.floats(-1e30, 1e30))
def test_a_threshold_of_a_tree_is_met_on_both_sides_also_as_a_single_float(threshold: float) -> None:
    values = around(threshold, "double")
    single = struct.unpack("<f", struct.pack("<f", threshold))[0]
    for exact in (threshold, single):
        assert {exact, math.nextafter(exact, -math.inf), math.nextafter(exact, math.inf)} <= {*values}
