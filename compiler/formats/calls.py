"""Calls in pickles that hold by their arguments: names off the list, or on it, that stand in one form alone."""

from __future__ import annotations

from .symbols import Malformed, Name, Value

CODEC = Name("_codecs", "encode")
"""By which pickle writes bytes in its protocols 0 to 2."""
PARTIAL = Name("functools", "partial")
CHECK = Name("sklearn.utils.validation", "check_array")
"""Boosters with categories hold `partial(check_array, dtype=..., ...)`, which no more than looks at what it is given.
The two names are on no list; the call of both is taken in this very form.
"""


def encoded(args: tuple[Value, ...]) -> bytes:
    """What the codec makes of its arguments; Malformed where pickle does not write such a call."""
    if len(args) != 2 or not isinstance(args[0], str) or args[1] != "latin1":
        raise Malformed("bytes in another encoding than pickle uses")
    return args[0].encode("latin-1", "replace")


def checks(maker: Name, args: tuple[Value, ...]) -> bool:
    """Whether a call gives a partial call that checks what it is given."""
    return maker == PARTIAL and args == (CHECK,)


def still_checks(state: Value) -> bool:
    """Whether it does so with this state too, with nothing before what it is given."""
    match state:
        case (func, (), dict() | None, None):
            return func == CHECK
    return False


def misused(maker: Name, args: tuple[Value, ...]) -> list[Name]:
    """Which of the two names make an object in another form."""
    return [name for name in (PARTIAL, CHECK) if any(isinstance(a, Name) and a == name for a in (maker, *args))]
