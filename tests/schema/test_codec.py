"""Dataclasses go to JSON data and come back the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NewType

import pytest
from deployc.compiler.model_spec import ModelSpec, Output
from deployc.schema.codec import Mismatch, decode, encode
from deployc.schema.constraints import Kinds, Maximum, Minimum, Pattern, Shorthand
from deployc.schema.shapes import shape_of
from hypothesis import given
from hypothesis import strategies as st

Digest = NewType("Digest", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: float
    y: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    in_: str = "here"
    end_: str = ""


def test_a_field_that_would_be_a_keyword_of_python_is_a_key_without_its_underscore() -> None:
    assert encode(Placed(in_="there", end_="x")) == {"in": "there", "end_": "x"}
    assert decode(Placed, {"in": "there", "end_": "x"}) == Placed(in_="there", end_="x")
    with pytest.raises(Mismatch):
        decode(Placed, {"in_": "there"})


@given(st.from_type(ModelSpec) | st.from_type(Output))
def test_round_trip_through_json_keeps_every_value_and_its_type(spec: ModelSpec | Output) -> None:
    data = json.loads(json.dumps(encode(spec)))
    # repr tells 1, 1.0 and True apart, which == does not.
    assert repr(decode(type(spec), data)) == repr(spec)


@pytest.mark.parametrize(
    ("type_", "data", "value"),
    [
        (tuple[str | int | float | bool, ...], [1, 1.0, True, "1"], (1, 1.0, True, "1")),
        (float, 3, 3.0),
        (int, 3.0, 3),
        (int | float, 3.0, 3.0),
        (Literal[1, "a"], 1.0, 1),
        (Literal[1, True], True, True),
        (str | None, None, None),
        (Digest, "ab", "ab"),
        (object, {"any": [1]}, {"any": [1]}),
        (Mapping[str, tuple[int, ...]], {"a": [1]}, {"a": (1,)}),
        (Mapping[str, int], None, {}),
        (Empty, None, Empty()),
        (Point | None, None, None),
        (Annotated[Point, Shorthand(float, lambda x: {"x": x})], 2, Point(x=2.0)),
        (Annotated[Point | None, Shorthand(float, lambda x: {"x": x})], None, None),
        (tuple[Point, ...], [{"x": 1}, {"x": 1, "y": 2.5}], (Point(x=1.0), Point(x=1.0, y=2.5))),
    ],
)
def test_data_of_a_type(type_: type, data: object, value: object) -> None:
    assert repr(decode(type_, data)) == repr(value)


@pytest.mark.parametrize(
    ("type_", "data", "at"),
    [
        (int, True, ()),
        (int, 1.5, ()),
        (bool, 1, ()),
        (float, "1", ()),
        (float, 10**400, ()),
        (str, None, ()),
        (Literal[1], True, ()),
        (Literal["a"], "b", ()),
        (tuple[int, ...], None, ()),
        (tuple[int, ...], "12", ()),
        (tuple[int, ...], [1, "x"], (1,)),
        (Mapping[str, int], {"a": 1, "b": None}, ("b",)),
        (Mapping[Annotated[str, Pattern("[a-z]", "a letter")], int], {"A": 1}, ("A",)),
        (Annotated[str, Pattern("[a-z]", "a letter")], "a\n", ()),
        (Annotated[int, Minimum(1), Maximum(2)], 3, ()),
        (Annotated[Point, Shorthand(float, lambda x: {"x": x})], "2", ()),
        (Point, {}, ()),
        (Point, None, ()),
        (Point, {"x": 1, "z": 1}, ("z",)),
        (Point, [1, 2], ()),
        (tuple[Point, ...], [{"x": 1}, {"x": "1"}], (1, "x")),
    ],
)
def test_data_of_another_type_is_refused_where_it_stands(type_: type, data: object, at: tuple[object, ...]) -> None:
    with pytest.raises(Mismatch) as raised:
        decode(type_, data)
    assert raised.value.at == at


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), Point])
def test_what_json_cannot_hold_is_not_encoded(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize(
    "annotation",
    [
        bytes,
        list,
        set[int],
        tuple[int, str],
        Mapping[int, str],
        Point | Empty,
        Literal["a"] | int,
        Annotated[int, Kinds("targets")],
        Annotated[int, Shorthand(float, lambda x: {"x": x})],
    ],
)
def test_type_that_json_data_cannot_have_is_a_mistake_of_the_programmer(annotation: type) -> None:
    with pytest.raises(TypeError):
        shape_of(annotation)
