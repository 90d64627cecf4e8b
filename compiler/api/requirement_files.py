"""Requirements files as their requirements: comments, continued lines, files in files and hashes are pip's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...schema.diagnostics import Diagnostic, Span, UserError
from ...schema.source import read_source

_COMMENT = re.compile(r"(^|\s+)#.*$")
_FURTHER = re.compile(r"(?:-r|--requirement)[\s=]*(?P<file>\S.*)")
_HASHES = re.compile(r"(\s+--hash[=\s]\S+)+$")


def lines_of(path: Path, within: tuple[Path, ...] = ()) -> Iterator[str]:
    """The requirements of a file and of those that it names with -r, which lie beside it.

    Hashes are left out, since deploy.lock has its own. UserError `bad-requirement`: pip's other options.
    """
    if path.resolve() in within:
        return  # what names itself says nothing new
    source = read_source(path)
    for number, line in _logical(source.text):
        if further := _FURTHER.fullmatch(line):
            yield from lines_of(path.parent / further["file"], (*within, path.resolve()))
        elif line.startswith("-"):
            raise UserError(_option(line, source.span(number, 0)))
        else:
            yield _HASHES.sub("", line)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, joined where they end in a backslash, with the number of their first, from 0."""
    begun, first = "", 0
    for number, line in enumerate(text.splitlines()):
        first = first if begun else number
        begun += _COMMENT.sub("", line)
        if begun.endswith("\\"):
            begun = begun.removesuffix("\\") + " "
            continue
        if begun.strip():
            yield first, begun.strip()
        begun = ""
    if begun.strip():
        yield first, begun.strip()


def _option(line: str, at: Span) -> Diagnostic:
    return Diagnostic(
        code="bad-requirement",
        message=f"`{line.split()[0].partition('=')[0]}` is an option of pip's, not a requirement",
        at=at,
        help="indexes belong below `lock.indexes` of deploy.yaml; leave out what else is only for pip",
    )
