"""What the user's hooks are, as values: which functions there are, and the types of rows and answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ...schema.diagnostics import Span

RecordKind = Literal["dataclass", "TypedDict", "Struct"]

GIVEN = {
    "prediction": "predict",
    "probabilities": "predict_proba",
    "score": "decision_function",
    "scores": "decision_function",
}
"""What `post` may take, by the parameter's name, and which method of the model answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A name that an annotation uses: `name` of `module`; `name` is empty where it is the module itself."""

    module: str
    name: str
    bound: str
    """What the annotation calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    """One field of a class of the user's."""

    name: str
    key: str
    """Its name in JSON."""
    annotation: str
    uses: tuple[Used, ...]
    kind: str
    """Its type where that is a plain one, such as "int" or "float | None"; else nothing."""
    default: str = ""
    """The default's expression; empty where there is none."""
    example: object
    at: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A dataclass, TypedDict or msgspec.Struct of the user's, and the import name of its module."""

    module: str
    name: str
    kind: RecordKind
    fields: tuple[RecordField, ...]
    at: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One of the user's functions."""

    awaited: bool
    """Whether it is a coroutine."""
    whole: bool = False
    """Whether it takes all rows of a request at once."""
    given: tuple[str, ...] = ()
    """Names of what it takes besides the row."""
    row: bool = False
    at: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The hooks of one module."""

    module: str
    files: tuple[str, ...] = ()
    """Paths below deploy.yaml's folder of the module and of all of the user's own files that it imports."""
    startup: Hook | None = None
    pre: Hook | None = None
    post: Hook | None = None
    request: Record | None = None
    """The row that `pre` or `post` takes."""
    made: Record | None = None
    """What `pre` gives; None where that is a mapping of columns."""
    response: Record | None = None
    """What `post` gives."""

    def without_places(self) -> Hooks:
        """The same, but for where it stands in the files: that changes with every line above it."""
        startup, pre, post = (hook and replace(hook, at=None) for hook in (self.startup, self.pre, self.post))
        request, made, response = (record and _unplaced(record) for record in (self.request, self.made, self.response))
        return replace(self, startup=startup, pre=pre, post=post, request=request, made=made, response=response)


def _unplaced(record: Record) -> Record:
    return replace(record, at=None, fields=tuple(replace(field, at=None) for field in record.fields))
