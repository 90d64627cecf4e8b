"""What the model answers to another one, which takes that in one of its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from ..template.problems import Rejected
from ..template.schema import Row
from ..template.typed import located

Fed = Callable[[str, Sequence[msgspec.Struct]], list[object]]
"""A method's answers to what the model takes of such rows."""


class Feeder(Protocol):
    """A model that is asked for another one's columns."""

    async def feed(self, method: str, rows: Sequence[msgspec.Struct]) -> list[object]: ...
    def feed_now(self, method: str, rows: Sequence[msgspec.Struct]) -> list[object]: ...


def taken(rows: Sequence[msgspec.Struct]) -> list[Row]:
    """What this model takes of the rows of a request to another one; Rejected where it does not take one."""
    try:
        return msgspec.convert([columns(row, Row) for row in rows], list[Row])
    except msgspec.ValidationError as error:
        message, field = located(str(error))
        raise Rejected(422, "invalid-row", message, field.removeprefix("[0].") if len(rows) == 1 else field) from None


def columns(row: msgspec.Struct, kind: type[msgspec.Struct]) -> dict[str, object]:
    """What of a row is also in rows of another type."""
    values: dict[str, object] = msgspec.to_builtins(row)
    return {name: values[name] for name in kind.__struct_encode_fields__ if name in values}


def values(answers: Sequence[object]) -> list[object]:
    """The one value that each answer holds."""
    return [value for answer in answers for value in msgspec.to_builtins(answer).values()]
