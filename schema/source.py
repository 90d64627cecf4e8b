"""The text of a file that a user wrote, and the spans that point into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .diagnostics import Diagnostic, Span, UserError, fail

LIMIT = 1 << 20
"""The largest file that is read as a language, in bytes: more is a data file that was named by mistake."""

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text, its lines as they may be shown (without breaks and passwords), and its file's name for the user."""

    file: str
    text: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, file: str, text: str) -> Source:
        return cls(file=file, text=text, lines=tuple(map(masked, _BREAK.split(text))))

    def span(self, line: int, column: int, end: int | None = None) -> Span:
        """The span from `column` to before `end` of a line, all counted from 0; without `end`, to the line's end.

        It is at least one column wide, and a line that does not exist is the last one.
        """
        line = min(line, len(self.lines) - 1)
        text = self.lines[line]
        stop = len(text.rstrip()) if end is None else end
        return Span(file=self.file, line=line + 1, column=column + 1, end=max(stop, column + 1) + 1, text=text)

    def span_at(self, index: int, length: int = 1) -> Span:
        """The span of `length` characters at an index of the text."""
        before = _BREAK.split(self.text[:index])
        column = len(before[-1])
        return self.span(len(before) - 1, column, column + length)


def masked(text: str) -> str:
    """The text with the user and password of each URL in it as stars, as many as they had characters."""
    return _CREDENTIALS.sub(lambda found: "*" * len(found[0]), text)


def read_source(path: Path, shown: str = "") -> Source:
    """The source at `path`, shown to the user as `shown` or else as the path itself.

    UserError: missing-file, not-a-file, unreadable-file, too-large, not-utf-8, bad-character (all of them at once).
    """
    name = shown or path.as_posix()
    data = _read(path, name)
    if len(data) > LIMIT:
        raise fail("too-large", f"`{name}` is larger than {LIMIT >> 20} MiB", help="is it the file that you meant?")
    source = Source.of(name, _decode(data, name))
    if forbidden := [_forbidden(source, found) for found in _FORBIDDEN.finditer(source.text)]:
        raise UserError(*forbidden)
    return source


def check_file(path: Path, name: str) -> None:
    """UserError `not-a-file` for what might be waited for without end if it was read."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise fail("not-a-file", f"`{name}` is a pipe or a device", help="write what it holds to a file")


def _read(path: Path, name: str) -> bytes:
    try:
        check_file(path, name)
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except FileNotFoundError:
        raise fail("missing-file", f"there is no file `{name}`", help=_beside(path)) from None
    except IsADirectoryError:
        raise fail("not-a-file", f"`{name}` is a folder", help=_within(path, name)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise fail("unreadable-file", f"`{name}` cannot be read: {reason}") from None


def _within(folder: Path, name: str) -> str:
    found = sorted(p.name for p in folder.glob("*.y*ml"))
    return "name the file in it" + (f", such as `{(Path(name) / found[0]).as_posix()}`" if found else "")


def _beside(path: Path) -> str:
    """Where the file may be instead."""
    found = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    return f"beside it are {', '.join(f'`{name}`' for name in found[:5])}" if found else ""


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise fail("not-utf-8", f"`{name}` is written in UTF-16", help="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from after the byte order mark that it skipped.
        rest = data[3:] if data.startswith(b"\xef\xbb\xbf") else data
        source = Source.of(name, rest.decode(errors="replace"))
        message = f"the byte 0x{rest[error.start]:02x} is not UTF-8"
        at = source.span_at(len(rest[: error.start].decode()))
        raise UserError(Diagnostic(code="not-utf-8", message=message, at=at, help="save the file as UTF-8")) from None


def _forbidden(source: Source, found: re.Match[str]) -> Diagnostic:
    message = f"the character U+{ord(found[0]):04X} cannot be in a text file"
    return Diagnostic(
        code="bad-character",
        message=message,
        at=source.span_at(found.start()),
        help='remove it, or write it as an escape in double quotes, such as "\\x1b"',
    )
