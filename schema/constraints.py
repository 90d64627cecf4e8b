"""What a field's type says beyond its Python type, as values for typing.Annotated."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable
from dataclasses import dataclass

HERE = "./"
"""What a path begins with where a name could stand."""


@dataclass(frozen=True, slots=True)
class Doc:
    """One sentence for the reader of the JSON Schema and of the documentation."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that the whole text matches, and how to say it.

    Editors run it too, so it keeps to what Python and ECMAScript read alike: no `\\d`, `\\s`, `\\w`, `\\Z` or flags.
    """

    regex: str
    words: str


@dataclass(frozen=True, slots=True)
class Except:
    """Texts that are not allowed, and what they are: "a keyword of Python"."""

    values: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Minimum:
    """The smallest number allowed."""

    value: float


@dataclass(frozen=True, slots=True)
class Maximum:
    """The largest number allowed."""

    value: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A name out of a catalog that is only known at run time: "frameworks"; with `folders` also a folder's path,
    which begins with ./ to be told from a name.
    """

    catalog: str
    folders: bool = False

    def allows(self, text: str, names: Container[str]) -> bool:
        """Whether the text is such a name or path."""
        return text in names or (self.folders and text.startswith(HERE))


@dataclass(frozen=True, slots=True)
class Kinds:
    """A mapping of names to options, whose types a catalog holds: "targets" or "tests"."""

    catalog: str


@dataclass(frozen=True, slots=True)
class Shorthand:
    """A scalar that may stand for a whole dataclass: its type and what it expands to.

    `scalar` is float, int, str, or one of them Annotated; whatever it allows must expand to what the dataclass allows.
    """

    scalar: Hashable
    expand: Callable[[object], dict[str, object]]
