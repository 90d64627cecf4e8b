"""What a template file says about itself: its module-level constants, read without importing it."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def read_facts(text: str) -> Mapping[str, object]:
    """The values of a module's upper-case constants that are literals."""
    facts: dict[str, object] = {}
    for statement in ast.parse(text).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper() and _is_literal(value):
                facts[name] = ast.literal_eval(value)
    return facts


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True
