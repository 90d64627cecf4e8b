"""Columns whose names hold quotes or backslashes, which no field can be called in JSON: its type has others for these.

The others are of Unicode's private area, which no printable name has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any  # JSON of any form

SPELLING = {'"': "\ue022", "\\": "\ue05c"}
_THERE = str.maketrans(SPELLING)
_BACK = str.maketrans({there: here for here, there in SPELLING.items()})


def respelled(body: bytes) -> bytes:
    """The same JSON with such keys as the types have them; what is no JSON, as it is."""
    # In JSON these characters stand behind a backslash.
    if b"\\" not in body:
        return body
    try:
        return json.dumps(json.loads(body, object_pairs_hook=lambda pairs: spelled(dict(pairs)))).encode()
    except (ValueError, RecursionError):
        return body


def spelled(record: Mapping[str, object]) -> dict[str, object]:
    """A record by the names that the types have."""
    return {name.translate(_THERE): value for name, value in record.items()}


def all_spelled(records: Sequence[Mapping[str, object]]) -> Sequence[Mapping[str, object]]:
    """Records by the names that the types have."""
    return [*map(spelled, records)]


def unspelled(text: str) -> str:
    """A text with the columns' own names in it."""
    return text.translate(_BACK)


def unspelled_in(value: Any) -> Any:
    """The same for the texts and keys of what JSON can say."""
    if isinstance(value, Mapping):
        return {unspelled(str(name)): unspelled_in(inner) for name, inner in value.items()}
    if isinstance(value, str):
        return unspelled(value)
    return [*map(unspelled_in, value)] if isinstance(value, Sequence) else value
