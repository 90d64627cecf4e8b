"""Print each value of the configuration with the place that it comes from, and what was left to its default.

examples:
  deployc config
  deployc config -e prod               with the overlay of an environment
  deployc config --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ....schema.codec import encode
from ....schema.diagnostics import Field
from ....schema.render import visible
from ....schema.spans import Spans
from ..session import Session, opened
from ..session import arguments as session_arguments

Origin = tuple[str, int] | Literal["default"]
"""A file's name and a line in it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    session_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a value on standard output")


def run(options: argparse.Namespace) -> int:
    show = _as_json if options.json else _as_text
    session = opened(options)
    sys.stdout.write("".join(f"{show(*found)}\n" for found in _values(session)))
    return 0


def _values(session: Session) -> Iterator[tuple[Field, object, Origin]]:
    for field, value in _leaves(encode(session.config), ()):
        yield field, value, _origin(session.spans, field)


def _leaves(value: object, at: Field) -> Iterator[tuple[Field, object]]:
    """The values below `at`: a list is one value, and so is a mapping without keys."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*at, key))
    else:
        yield at, value


def _origin(spans: Spans, field: Field) -> Origin:
    """Where a value was said: itself, or as a shorthand of what it belongs to."""
    said = spans.said(field)
    return (Path(said.file).name, said.line) if said else "default"


def _as_text(field: Field, value: object, origin: Origin) -> str:
    where = origin if isinstance(origin, str) else ":".join(map(str, origin))
    return f"{visible(f'{_dotted(field)}: {json.dumps(value, ensure_ascii=False)}'):<60} # {where}"


def _as_json(field: Field, value: object, origin: Origin) -> str:
    file, line = (None, None) if isinstance(origin, str) else origin
    return json.dumps({"field": list(field), "value": value, "file": file, "line": line})


def _dotted(field: Field) -> str:
    return ".".join(map(str, field))
