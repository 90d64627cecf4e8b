"""What a call gives is taken as a user of Python means it, or refused by name."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path

import pytest
from deployc.compiler.api.arguments import at_least, listed, one_of, plain
from deployc.schema.diagnostics import UserError


class Level(str, Enum):
    HIGH = "high"


class Name(str):
    """A text of a library's own, such as numpy's."""


def code(error: pytest.ExceptionInfo[UserError]) -> list[str]:
    return [d.code for d in error.value.diagnostics]


def test_a_text_and_a_path_are_one_thing() -> None:
    assert [*listed("pandas")] == ["pandas"]
    assert [*listed(Path("more.txt"))] == [Path("more.txt")]
    assert [*listed(name for name in ("a", "b"))] == ["a", "b"]


def test_numbers_and_words_that_are_not_meant_are_named() -> None:
    assert at_least(1, 1, "jobs") == 1
    with pytest.raises(UserError, match="`jobs` is 0") as raised:
        at_least(1, 0, "jobs")
    assert code(raised) == ["bad-value"]
    assert one_of(("ask", "keep"), "keep", "edited") == "keep"
    with pytest.raises(UserError, match="`edited` is 'kep'") as raised:
        one_of(("ask", "keep"), "kep", "edited")
    assert code(raised) == ["bad-value"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Name("x"), "x"),
        (Level.HIGH, "high"),
        (True, True),
        (None, None),
        (Fraction(1, 2), 0.5),
        ({1: (Name("a"), 2)}, {"1": ["a", 2]}),
        (Path("/work/churn/rows.csv"), "./rows.csv"),
        (Path("/work/rows.csv"), "./../rows.csv"),
    ],
)
def test_a_value_is_said_plainly(given: object, said: object) -> None:
    found = plain(given, Path("/work/churn"))
    assert (found, type(found)) == (said, type(said))


@pytest.mark.parametrize("value", [object(), {"a": [b"x"]}, Decimal(1)])
def test_what_yaml_has_no_word_for_is_told(value: object) -> None:
    with pytest.raises(UserError, match="cannot say a") as raised:
        plain(value, Path("/work"))
    assert code(raised) == ["bad-value"]


def test_no_value_is_shared() -> None:
    shared = ["a"]
    found = plain({"one": shared, "two": shared}, Path("/work"))
    assert isinstance(found, dict)
    # two names of one list would be an alias in YAML
    assert found["one"] is not found["two"]
