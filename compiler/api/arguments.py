"""What calls from Python are given: one thing or many, numbers with a least one, and values for deploy.yaml."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import TypeVar

from ...schema.constraints import HERE
from ...schema.diagnostics import fail

Thing = TypeVar("Thing", str, str | PathLike[str])
Word = TypeVar("Word", bound=str)


def listed(given: Thing | Iterable[Thing]) -> Iterable[Thing]:
    """Many things as they are, and one as many: a text is not a list of its letters."""
    return [given] if isinstance(given, str | PathLike) else given


def at_least(least: int, number: int, name: str) -> int:
    """The argument `name`; UserError `bad-value` where it is too small."""
    if number < least:
        raise fail("bad-value", f"`{name}` is {number}, but has to be {least} or more")
    return number


def one_of(known: Sequence[Word], word: Word, name: str) -> Word:
    """The argument `name`; UserError `bad-value` where it is none of these."""
    if word not in known:
        raise fail("bad-value", f"`{name}` is {word!r}", help=f"known: {', '.join(map(repr, known))}")
    return word


def relative(path: str | PathLike[str], root: Path) -> str:
    """What deploy.yaml in `root` calls a file of this process's; without a ./ a name would come first."""
    return HERE + Path(os.path.relpath(path, root)).as_posix()


def plain(value: object, root: Path) -> object:
    """A value as deploy.yaml in `root` says it, of its own all through; UserError `bad-value` where it has none."""
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)  # an enumeration's own str() is the name of its member
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case PathLike():
            return relative(value, root)
        case Mapping():
            return {str(key): plain(item, root) for key, item in value.items()}
        case list() | tuple():
            return [plain(item, root) for item in value]
    raise fail("bad-value", f"deploy.yaml cannot say a {type(value).__name__}", help="give texts, numbers and paths")
