"""Columns that deploy.yaml has redacted: what of the templates keeps their values out of sight."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.codegen.bind import Code
from ...compiler.model_spec import Column

UNREDACTED = frozenset({"REDACTED_COLUMNS", "hidden", "unsaid", "traced"})
"""What of the templates goes where no column is redacted."""


def constants(columns: Sequence[Column]) -> dict[str, dict[str, object]]:
    """What the module is bound to that knows the columns; nothing where there are none."""
    names = sorted(column.name for column in columns if column.redacted)
    return {"redacting": {"REDACTED_COLUMNS": Code(f"frozenset({{{', '.join(map(repr, names))}}})")}} if names else {}
