"""Columns whose values are shown nowhere: neither in the log nor in what is said of a mistake."""

from __future__ import annotations

from traceback import format_tb

REDACTED_COLUMNS: frozenset[str] = frozenset()

NO_MEMBER = "Invalid enum value"
"""How a validation error begins that goes on with the value."""


def hidden(field: str) -> bool:
    """Whether a place in a body, such as `age` or `[3].age`, is in one of these columns."""
    return any(field == name or field.endswith(f".{name}") for name in REDACTED_COLUMNS)


def unsaid(message: str) -> str:
    """What a validation error says, without the value."""
    return NO_MEMBER if message.startswith(NO_MEMBER) else message


def traced(error: BaseException) -> str:
    """Where an exception was raised, and of which type it is: what a library says of values may hold them."""
    earlier = error.__cause__ or error.__context__
    before = [f"{traced(earlier)}\n\n"] if earlier else []
    kind = type(error)
    return "".join([*before, *format_tb(error.__traceback__), f"{kind.__module__}.{kind.__qualname__}"])
