"""The exception that Python code gets for a mistake of the user's: its text is the diagnostic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...schema.diagnostics import UserError
from ...schema.render import terminal


class DeploycError(UserError):
    """What is wrong, in `diagnostics`; as text it reads as on the command line."""

    def __str__(self) -> str:
        return "\n" + "\n\n".join(map(terminal, self.diagnostics))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the frames of deployc say nothing about the user's mistake."""
        return [terminal(diagnostic) + "\n" for diagnostic in self.diagnostics]


@contextmanager
def told() -> Iterator[None]:
    """Turn mistakes into the exception for Python."""
    try:
        yield
    except UserError as error:
        raise DeploycError(*error.diagnostics) from None
