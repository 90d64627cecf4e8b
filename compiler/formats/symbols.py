"""What a model file's contents are while they are only read: names, objects that were never made, arrays as bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

Value = object
"""A constant, list, tuple, dict or set as itself; or one of the types below. Values may refer to themselves."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the file refers to by its import path."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where a file names something; `at` is the byte offset in the (decompressed) stream."""

    name: Name
    at: int
    member: str = ""
    """The archive's member that it stands in."""
    settled: bool = False
    """Whether it stands in a form that makes it harmless, whatever is allowed."""


class Malformed(Exception):
    """The file is not what it claims to be, or does what only a forged file does.

    `at` is a byte offset; `mentions` is what the file named before that.
    """

    def __init__(self, message: str, at: int | None = None, mentions: tuple[Mention, ...] = ()) -> None:
        super().__init__(message)
        self.at = at
        self.mentions = mentions


@dataclass(frozen=True, slots=True)
class Opaque:
    """A constant too large to be worth keeping."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dtype:
    """Byte order ("<", ">" or "|"), kind as numpy's letter, bytes of one element, and whether it holds objects."""

    order: str
    kind: str
    size: int
    objects: bool


@dataclass(frozen=True, slots=True, eq=False)
class Array:
    """A numpy array: its form, and its content unless that is large.

    `raw` is the elements' bytes in the order in which the file holds them; `items` the elements of an object array.
    """

    dtype: Dtype
    shape: tuple[int, ...]
    raw: bytes = b""
    items: tuple[Value, ...] | None = None


@dataclass(slots=True, eq=False)
class Instance:
    """What loading would make by calling `maker` with `args`; `state` is its attributes. Grows while a file is read."""

    maker: Name
    args: tuple[Value, ...]
    called: bool = False
    """Whether `maker` is called, as a function is, or only asked for an empty object of its class."""
    state: dict[str, Value] = field(default_factory=dict)
    setting: Value = None
    """The last state that was set, where it is no dict of attributes: numpy keeps tuples."""

    @property
    def class_name(self) -> Name:
        """The object's class, looking through the functions by which pickle makes objects."""
        first = self.args[0] if self.args else None
        if str(self.maker) in _MAKERS and isinstance(first, Name):
            return first
        return self.maker

    def set_state(self, state: Value) -> None:
        """As pickle's BUILD: a dict of attributes, a pair of dicts (the second of slots), or the class's own form."""
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        if all(part is None or isinstance(part, dict) for part in parts):
            for part in parts:
                if isinstance(part, dict):
                    self.state.update({k: v for k, v in part.items() if isinstance(k, str)})
        else:
            self.setting = state


_MAKERS = frozenset({"copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__"})
