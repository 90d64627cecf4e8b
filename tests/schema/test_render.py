"""A diagnostic says the same to a reader, to a program and to GitHub."""

from __future__ import annotations

import json
import re

import pytest
from deployc.schema.diagnostics import Diagnostic, Span
from deployc.schema.render import LONGEST, github, json_line, name_of, terminal
from hypothesis import given
from hypothesis import strategies as st

AT = Span(file="deploy.yaml", line=7, column=14, end=20, text="  framework: fastpi")
SAID = Diagnostic(
    code="unknown-framework",
    message="unknown framework `fastpi`",
    at=AT,
    field=("serve", "framework"),
    help="did you mean `fastapi`?",
    notes=("first line\nsecond line", "100% sure"),
)


def excerpt(text: str, column: int, end: int, line: int = 7) -> tuple[str, str]:
    """The line of source and the line of carets that a terminal gets."""
    at = Span(file="f", line=line, column=column, end=end, text=text)
    lines = terminal(Diagnostic(code="c", message="m", at=at)).splitlines()
    return lines[3], lines[4]


def test_terminal() -> None:
    assert terminal(SAID) == (
        "error[unknown-framework]: unknown framework `fastpi`\n"
        "  --> deploy.yaml:7:14\n"
        "   |\n"
        " 7 |   framework: fastpi\n"
        "   |              ^^^^^^\n"
        "  = note: first line\n"
        "          second line\n"
        "  = note: 100% sure\n"
        "  = help: did you mean `fastapi`?"
    )


def test_colour_adds_nothing_to_the_text() -> None:
    assert re.sub(r"\x1b\[[0-9;]*m", "", terminal(SAID, colour=True)) == terminal(SAID)
    assert terminal(SAID, colour=True) != terminal(SAID)


def test_without_a_place_the_field_is_named() -> None:
    assert terminal(Diagnostic(code="c", message="m")) == "error[c]: m"
    assert (
        terminal(Diagnostic(code="c", message="m", field=("a", "b", 0, 1, "c"))).splitlines()[1] == "  --> a.b[0][1].c"
    )
    assert name_of(()) == ""


def test_margin_grows_with_the_line_number() -> None:
    assert excerpt("abc", 2, 3, line=1234) == (" 1234 | abc", "      |  ^")


@pytest.mark.parametrize(
    ("text", "column", "end", "shown", "carets"),
    [
        ("日本: x", 5, 6, "日本: x", "      ^"),
        ("Ａ: x", 4, 5, "Ａ: x", "    ^"),
        ("a: 日本", 4, 6, "a: 日本", "   ^^^^"),
        ("e\u0301a: x", 6, 7, "e\u0301a: x", "    ^"),
        ("a:\tx", 4, 5, "a:    x", "      ^"),
        ("a: x\x1b[31m", 4, 5, "a: x<U+001B>[31m", "   ^"),
        ("a: \u202ex", 5, 6, "a: <U+202E>x", "           ^"),
        ("a:", 3, 4, "a:", "  ^"),
    ],
)
def test_carets_stand_below_what_they_mean(text: str, column: int, end: int, shown: str, carets: str) -> None:
    assert excerpt(text, column, end) == (f" 7 | {shown}", f"   | {carets}")


@given(st.integers(1, 5000), st.integers(1, 40))
def test_of_a_long_line_the_part_around_the_mistake_is_shown(column: int, width: int) -> None:
    text = "".join(chr(0x61 + index % 26) for index in range(5040))
    shown, carets = excerpt(text, column, column + width)
    start, end = carets.index("^"), carets.rindex("^") + 1
    assert shown[start:end] == text[column - 1 : column - 1 + width]
    assert len(shown) <= LONGEST + 10


@given(st.text(max_size=30), st.integers(1, 40), st.integers(1, 10))
def test_no_text_can_break_out_of_its_lines(text: str, column: int, width: int) -> None:
    said = Diagnostic(code="c", message=text, at=Span(file=text, line=1, column=column, end=column + width, text=text))
    assert len(terminal(said).split("\n")) == 5
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", terminal(said))


def test_json_is_one_line_with_everything() -> None:
    line = json_line(SAID)
    assert "\n" not in line
    assert json.loads(line) == {
        "code": "unknown-framework",
        "message": "unknown framework `fastpi`",
        "help": "did you mean `fastapi`?",
        "notes": ["first line\nsecond line", "100% sure"],
        "field": ["serve", "framework"],
        "file": "deploy.yaml",
        "line": 7,
        "column": 14,
        "end": 20,
    }
    assert json.loads(json_line(Diagnostic(code="c", message="m")))["file"] is None


def test_github_annotation_stands_at_the_line() -> None:
    assert github(SAID) == (
        "::error file=deploy.yaml,line=7,endColumn=20,col=14,title=unknown-framework::unknown framework `fastpi`%0A"
        "first line%0Asecond line%0A100%25 sure%0Adid you mean `fastapi`?"
    )


@given(st.text())
def test_github_annotation_is_one_line(text: str) -> None:
    said = Diagnostic(code="c", message=text, help=text, at=Span(file=text, line=1, column=1, end=2, text=""))
    assert not {"\n", "\r"} & {*github(said)}
