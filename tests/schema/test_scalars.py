"""Unquoted text means what YAML 1.2's core rules say, or text where its field takes text."""

from __future__ import annotations

import pytest
from deployc.schema.scalars import Type, Value, core, resolve
from hypothesis import given
from hypothesis import strategies as st

CORE = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("FALSE", False),
    ("tRUE", "tRUE"),
    ("0", 0),
    ("-12", -12),
    ("+7", 7),
    ("010", 10),
    ("0o17", 15),
    ("0x1F", 31),
    ("-0x1F", "-0x1F"),
    ("1e-6", 1e-6),
    ("1E3", 1000.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("-1.5e+3", -1500.0),
    # What YAML 1.1, and so PyYAML, reads otherwise.
    ("off", "off"),
    ("on", "on"),
    ("yes", "yes"),
    ("No", "No"),
    ("y", "y"),
    ("12:30", "12:30"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("2026-01-31", "2026-01-31"),
    ("=", "="),
    # JSON has no such numbers.
    (".inf", ".inf"),
    ("-.Inf", "-.Inf"),
    (".nan", ".nan"),
    ("1e999", "1e999"),
    # int() and float() would read these.
    ("١٢", "١٢"),
    (" 1", " 1"),
    ("1\n", "1\n"),
    ("nan", "nan"),
    ("infinity", "infinity"),
    ("1e", "1e"),
    (".", "."),
    ("-", "-"),
    ("1.2.3", "1.2.3"),
]


@pytest.mark.parametrize(("text", "value"), CORE)
def test_core_rules(text: str, value: Value) -> None:
    assert repr(core(text)) == repr(value)


@pytest.mark.parametrize("text", ["3.11", "3.10", "1e-6", "off", "true", "12:30", "010", "0x10", ".inf", "1" * 5000])
def test_field_that_takes_text_gets_it_as_it_stands(text: str) -> None:
    assert resolve(text, False, {"string"}) == text


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_null_is_text_only_in_quotes(text: str) -> None:
    assert resolve(text, False, {"string"}) is None
    assert resolve(text, True, {"string", "null"}) == text


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("3", {"integer", "string"}, 3),
        ("3.5", {"integer", "string"}, "3.5"),
        ("3.0", {"integer", "string"}, 3.0),
        ("3", {"number", "string"}, 3),
        ("true", {"boolean", "string"}, True),
        ("true", {"number"}, True),
        ("x", {"number"}, "x"),
        ("1" * 5000, {"integer"}, "1" * 5000),
    ],
)
def test_type_of_the_field_decides_between_value_and_text(text: str, types: set[Type], value: Value) -> None:
    assert repr(resolve(text, False, types)) == repr(value)


@given(st.text())
def test_quotes_make_text(text: str) -> None:
    assert resolve(text, True, {"integer", "boolean", "null"}) == text


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_what_json_writes_is_read_back(value: Value) -> None:
    text = (
        {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)
    )
    assert repr(core(text)) == repr(value)
