"""What the YAML parser has against a text, in words that help."""

from __future__ import annotations

import re

import yaml

from .diagnostics import Diagnostic
from .source import Source

DEPTH = 50
"""How deep mappings and sequences may be nested: far above any real file, far below Python's own limit."""


class BoundedLoader(yaml.SafeLoader):
    """PyYAML's own loader, which for each token looks at all brackets that are open: not more than DEPTH here."""

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        if self.flow_level > DEPTH:
            raise yaml.scanner.ScannerError(problem=too_deep(), problem_mark=self.get_mark())
        super().fetch_flow_collection_start(token)


def too_deep() -> str:
    return f"this is nested more than {DEPTH} deep"


_SECOND = "mapping values are not allowed here"
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("found character '\\t'", "a tab cannot indent YAML", "use spaces"),
    (_SECOND, "a second `:` cannot be here", "quote the text, or begin a new line before it"),
    ("while scanning an alias", "`*` begins an alias here", 'text that begins with `*` needs quotes, such as "*.csv"'),
    ("while scanning an anchor", "`&` begins an anchor here", "text that begins with `&` needs quotes"),
    ("found character '@'", "text cannot begin with `@`", "quote it"),
    ("found character '`'", "text cannot begin with a backtick", "quote it"),
    ("found character '%'", "text cannot begin with `%`", "quote it"),
    ("unexpected end of stream", "a quote is not closed before the file ends", "close it with the same quote"),
    ("while scanning a quoted scalar", "a quoted text is broken off", "close it with the same quote"),
    ("while scanning a double-quoted scalar", "this escape does not exist", "write `\\\\`, or use single quotes"),
    ("could not find expected ':'", "a key has no `:` after it", "write `key: value`"),
    ("while parsing a flow sequence", "a `,` or the closing `]` is missing", "close the list that begins with `[`"),
    ("while parsing a flow mapping", "a `,` or the closing `}` is missing", "close the mapping that begins with `{`"),
    ("while parsing a flow node", "a value is missing here", 'write one, or quotes with nothing between: `""`'),
    ("while parsing a block", "the indentation does not fit the lines before", "indent keys of one mapping alike"),
    ("while scanning a block scalar", "this is no header of a block of text", "write `|` alone, then indented lines"),
)
"""What the parser says somewhere in its message; what we say; what to do. The first that fits."""


def syntax_error(source: Source, error: yaml.MarkedYAMLError) -> Diagnostic:
    """The diagnostic of a parser's error.

    LibYAML and PyYAML's own parser word the same mistake differently, so it is always the latter that is quoted.
    """
    return _diagnostic(source, _reworded(source) or error)


def _reworded(source: Source) -> yaml.MarkedYAMLError | None:
    try:
        for _ in yaml.parse(source.text, Loader=BoundedLoader):
            pass
    except yaml.MarkedYAMLError as error:
        return error
    return None


def _diagnostic(source: Source, error: yaml.MarkedYAMLError) -> Diagnostic:
    said = f"{error.context or ''}: {error.problem or ''}"
    message, advice = next(((ours, advice) for words, ours, advice in _WORDS if words in said), (said.strip(": "), ""))
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    if start and said.startswith("while scanning a"):
        # It is the token's beginning that is wrong, wherever the parser noticed.
        mark = start
    if mark and said.endswith(_SECOND) and re.fullmatch(r"\s+[^\s:]+\s*", source.lines[mark.line][: mark.column]):
        message, advice = "a key cannot be here: the line before has a value", "indent keys of one mapping alike"
    notes = [f"the parser says: {said.strip(': ')}"]
    if mark and start and start.line != mark.line:
        notes.append(f"it began at line {start.line + 1}, column {start.column + 1}")
    at = source.span(mark.line, mark.column, mark.column) if mark else None
    return Diagnostic(code="yaml-syntax", message=message, at=at, help=advice, notes=tuple(notes))
