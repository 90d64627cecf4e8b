"""One value for everything that is said to a user who made a mistake, and the exception that carries it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

Field = tuple[str | int, ...]
"""The path of a value in deploy.yaml, such as ("tests", "parity", "rows") or ("model", "train", "inputs", 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one line of a source file; line and columns count from 1, `end` is exclusive."""

    file: str
    line: int
    column: int
    end: int
    text: str
    """The whole line, without its line break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """What is wrong, where, and what to do about it.

    `code` names the kind of mistake (each has a paragraph in docs/). Where the place is known as text, `at` holds it;
    a stage that only knows which field of deploy.yaml led to the mistake sets `field`, and `at` is filled in later.
    """

    code: str
    message: str
    at: Span | None = None
    field: Field | None = None
    help: str = ""
    notes: tuple[str, ...] = ()
    """More text, a paragraph each: a log's tail, a diff, a worst row."""

    def placed(self, at: Span | None) -> Diagnostic:
        """The same, with its place unless it has one already."""
        return self if self.at or at is None else replace(self, at=at)


class UserError(Exception):
    """A mistake that the user can mend: exit code 1, never a traceback."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics


def fail(
    code: str, message: str, *, field: Field | None = None, help: str = "", notes: Iterable[str] = ()
) -> UserError:
    """A UserError with one diagnostic, to be raised."""
    return UserError(Diagnostic(code=code, message=message, field=field, help=help, notes=tuple(notes)))
