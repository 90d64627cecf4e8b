"""Diagnostics as text: for a terminal, as JSON lines, and as annotations of GitHub."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator

from .diagnostics import Diagnostic, Field, Span

LONGEST = 160
"""Columns of a source line that are shown; of a longer one, the part around its mistake."""

_RED, _BLUE, _BOLD, _RESET = "\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


def terminal(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """Lines for a reader, without a line break at the end; they say the same without colour."""
    return "\n".join(_lines(diagnostic, colour))


def json_line(diagnostic: Diagnostic) -> str:
    """One JSON object in one line: code, message, help, notes, field, and file, line, column, end or null for each."""
    at = diagnostic.at
    return json.dumps(
        {
            "code": diagnostic.code,
            "message": diagnostic.message,
            "help": diagnostic.help,
            "notes": list(diagnostic.notes),
            "field": None if diagnostic.field is None else list(diagnostic.field),
            "file": at and at.file,
            "line": at and at.line,
            "column": at and at.column,
            "end": at and at.end,
        },
        ensure_ascii=False,
    )


def github(diagnostic: Diagnostic) -> str:
    """A workflow command that makes GitHub show the diagnostic beside the line."""
    at = diagnostic.at
    place = {"file": at.file, "line": at.line, "endColumn": at.end, "col": at.column} if at else {}
    place["title"] = diagnostic.code
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in place.items())
    text = "\n".join(part for part in (diagnostic.message, *diagnostic.notes, diagnostic.help) if part)
    return f"::error {properties}::{_data(text)}"


def name_of(field: Field) -> str:
    """A field's path as a reader writes it: model.train.inputs[0]."""
    name = ""
    for part in field:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def _lines(diagnostic: Diagnostic, colour: bool) -> Iterator[str]:
    paint = _painted if colour else _plain
    yield f"{paint(_RED, f'error[{diagnostic.code}]')}{paint(_BOLD, f': {visible(diagnostic.message)}')}"
    at = diagnostic.at
    margin = " " * (len(str(at.line)) + 1 if at else 2)
    if at:
        yield f"{margin}{paint(_BLUE, '-->')} {visible(at.file)}:{at.line}:{at.column}"
        yield from _excerpt(at, margin, colour)
    elif diagnostic.field:
        yield f"{margin}{paint(_BLUE, '-->')} {name_of(diagnostic.field)}"
    for word, text in [*(("note", note) for note in diagnostic.notes), ("help", diagnostic.help)]:
        if text:
            first, *rest = text.splitlines()
            yield f"{margin}{paint(_BLUE, '=')} {paint(_BOLD, word)}: {visible(first)}".rstrip()
            yield from (f"{margin}{' ' * (len(word) + 4)}{visible(line)}".rstrip() for line in rest)


def _excerpt(at: Span, margin: str, colour: bool) -> Iterator[str]:
    paint = _painted if colour else _plain
    text, start, end = _window(at)
    before, marked = visible(text[:start]), visible(text[start:end])
    bar = paint(_BLUE, "|")
    yield f"{margin} {bar}"
    yield f" {paint(_BLUE, str(at.line))} {bar} {visible(text)}".rstrip()
    yield f"{margin} {bar} {' ' * _width(before)}{paint(_RED, '^' * max(_width(marked), 1))}"


def _window(at: Span) -> tuple[str, int, int]:
    """The part of the line that is shown, and where in it the span begins and ends, counted from 0."""
    start, end = at.column - 1, at.end - 1
    if len(at.text) <= LONGEST:
        return at.text, start, end
    first = max(0, min(start - LONGEST // 4, len(at.text) - LONGEST))
    last = min(first + LONGEST, len(at.text))
    head, tail = "…" if first else "", "…" if last < len(at.text) else ""
    shift = len(head) - first
    return f"{head}{at.text[first:last]}{tail}", start + shift, min(end, last) + shift


def visible(text: str) -> str:
    """What a terminal shows as it is: tabs as spaces; what would move, hide or colour text as its code point."""
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character == "\t":
        return "    "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\u200d":
        return f"<U+{ord(character):04X}>"
    return character


def _width(text: str) -> int:
    """Columns of a terminal that visible text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _painted(colour: str, text: str) -> str:
    return f"{colour}{text}{_RESET}"


def _plain(colour: str, text: str) -> str:
    return text


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
