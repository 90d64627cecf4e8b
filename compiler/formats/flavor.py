"""What a flavor brings: how one model library's objects and files are told apart and described; the list of flavors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from mmap import mmap
from pathlib import Path
from typing import Literal

from ..model_spec import ColumnType, Label, Step
from .symbols import Name, Value

Data = bytes | mmap
"""A file's bytes, in memory or mapped."""

_GROUP = "deployc.flavors"
_FOLDER = Path(__file__).with_name("flavors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a model's object tells about itself."""

    class_name: str
    steps: tuple[Step, ...] = ()
    methods: tuple[str, ...]
    classes: tuple[Label, ...] = ()
    names: tuple[str, ...] = ()
    """Names of the columns it was fitted on, in order; empty when it was fitted on an array."""
    count: int | None = None
    """Number of the columns it was fitted on."""
    types: tuple[ColumnType, ...] = ()
    """What those columns hold, in order; empty where it does not say."""
    categories: Mapping[int, tuple[Label, ...]] = field(default_factory=dict)
    """By the places of columns of categories: these as it numbers them, or none where it takes them by their names."""
    closed: bool = False
    """Whether it would mistake a category that it does not know for one that it does."""
    texts: bool = False
    """Whether it takes a list of texts and no table."""
    arrays: Literal["", "numbers", "objects"] = ""
    """Which arrays serve it as well as a table of named columns: none, those of numbers, or any."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Distributions that it needs, with the versions that it records, such as "3.2.0" or "1.7.*"; empty when it does
    not.
    """
    notes: tuple[str, ...] = ()
    """What the user should know about its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A file format of the library's own.

    `begins` judges by the first 512 bytes. `read` takes the whole file, and the class that MLmodel claims or "". It
    raises Malformed for what is not whole, and UserError for what it cannot describe.
    """

    begins: Callable[[bytes], bool]
    read: Callable[[Data, str], Native]


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """What a file in a library's own format holds; `serializer` is how the flavor's template loads it."""

    identity: Identity
    serializer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """One model library, the value FLAVOR of a module in flavors/.

    `identify` takes the file's top object as symbols and returns None when it is not one of this library's models.
    `names` are what the library's own files mention, and safe to load: as strict as safe_names.py.
    """

    name: str
    names: Callable[[], frozenset[str]]
    identify: Callable[[Value], Identity | None]
    methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The classes that may stand in a scikit-learn pipeline, with their methods."""
    forms: tuple[Form, ...] = ()


def known_flavors() -> tuple[str, ...]:
    """The names of all flavors, ours and those of installed plug-ins, sorted; imports none of them."""
    ours = {path.stem for path in _FOLDER.glob("*.py") if not path.stem.startswith("_")}
    return tuple(sorted(ours | {point.name for point in entry_points(group=_GROUP)}))


def load_flavor(name: str) -> Flavor | None:
    """The flavor of that name, None when there is none."""
    if (_FOLDER / f"{name}.py").exists() and name.isidentifier():
        found = import_module(f".flavors.{name}", __package__).FLAVOR
    else:
        found = next((point.load() for point in entry_points(group=_GROUP) if point.name == name), None)
    return found if isinstance(found, Flavor) else None


@cache
def flavors() -> tuple[Flavor, ...]:
    """All flavors, by name; what is installed does not change while a process runs."""
    return tuple(flavor for name in known_flavors() if (flavor := load_flavor(name)))


def form_of(head: bytes) -> tuple[Flavor, Form] | None:
    """The flavor and its own format that a file is in, None when it is in none."""
    return next(((f, form) for f in flavors() for form in f.forms if form.begins(head)), None)


def class_of(value: Value) -> Name | None:
    """The class of the object, None when it is a constant or a container."""
    found = getattr(value, "class_name", None)
    return found if isinstance(found, Name) else None
