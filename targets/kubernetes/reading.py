"""A YAML file of the user's as data, read by the rules that deploy.yaml is read by."""

from __future__ import annotations

from ...schema.diagnostics import UserError
from ...schema.nodes import parse
from ...schema.plain import ANYTHING, plain
from ...schema.source import Source
from .manifest import Data, data


def read(file: str, text: str) -> Data:
    """The one document in a file; UserError with all that is wrong with it as YAML, at its own lines."""
    root, found = parse(Source.of(file, text))
    if found:
        raise UserError(*found)
    return data(plain(root, ANYTHING, {}))
