"""Python that a user wrote, as syntax: parsed without being run, its nodes with their places."""

from __future__ import annotations

import ast

from .diagnostics import Diagnostic, Span, UserError
from .source import Source

Part = ast.expr | ast.stmt | ast.arg | ast.keyword


def parse_python(source: Source, code: str) -> ast.Module:
    """The source's syntax tree; UserError with this code where it is not Python."""
    try:
        return ast.parse(source.text)
    except SyntaxError as error:
        at = source.span(max((error.lineno or 1) - 1, 0), max((error.offset or 1) - 1, 0))
        raise UserError(Diagnostic(code=code, message=f"this is not Python: {error.msg}", at=at)) from None
    except (RecursionError, MemoryError, ValueError) as error:
        text = f"this is not Python: {error or 'it is nested too deeply'}"
        raise UserError(Diagnostic(code=code, message=text, at=source.span(0, 0))) from None


def span_of(source: Source, node: Part) -> Span:
    """Where a node stands; of a definition, its name."""
    line = node.lineno - 1
    text = source.lines[min(line, len(source.lines) - 1)]
    column = len(text.encode()[: node.col_offset].decode(errors="replace"))
    name = getattr(node, "name", "")
    if name and (found := text.find(name, column)) >= 0:
        return source.span(line, found, found + len(name))
    end = node.end_col_offset if node.end_lineno == node.lineno else None
    return source.span(line, column, None if end is None else len(text.encode()[:end].decode(errors="replace")))
