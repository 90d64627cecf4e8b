"""Telling the user what is wrong, in the form that suits where he reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from ...schema.diagnostics import Diagnostic
from ...schema.render import github, json_line, terminal
from ...schema.spans import Spans


def report(diagnostics: Iterable[Diagnostic], *, as_json: bool = False, spans: Spans | None = None) -> None:
    """Write diagnostics to standard error, or as JSON lines to standard output; in GitHub's CI also as annotations."""
    for diagnostic in diagnostics:
        placed = spans.placed(diagnostic) if spans else diagnostic
        if as_json:
            sys.stdout.write(json_line(placed) + "\n")
            continue
        encoding = sys.stderr.encoding or "ascii"
        text = terminal(placed, colour=sys.stderr.isatty() and "NO_COLOR" not in os.environ) + "\n\n"
        sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            sys.stdout.write(github(placed) + "\n")
    sys.stderr.flush()
