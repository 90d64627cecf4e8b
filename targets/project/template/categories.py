"""The values that the model knows in columns where it takes no others: which one of a request's it does not know."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import fields

from .problems import Rejected
from .redacting import hidden
from .schema import Row

CATEGORIES: dict[str, frozenset[object]] = {"some text": frozenset({None, "one", "other"})}

FIELDS = {field.encode_name: field.name for field in fields(Row)}


def unknown_category(rows: Sequence[Row]) -> Rejected | None:
    """What to say of rows that the model refused, where one of their values tells why."""
    for place, row in enumerate(rows):
        for name, known in CATEGORIES.items():
            value = getattr(row, FIELDS[name])
            if value not in known:
                field = f"[{place}].{name}" if len(rows) > 1 else name
                message = f"{_shown(value)} is none of the values that the model knows"
                if hidden(name):
                    message = "the value is none of those that the model knows"
                return Rejected(422, "refused-by-model", message, field)
    return None


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 100 else f"{text[:100]}..."
