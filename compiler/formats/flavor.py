"""What a flavor brings: how one model library's objects are told apart and described, and where flavors are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from ..model_spec import Label, Step
from .symbols import Name, Value

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
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of distributions that it records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """One model library, the value FLAVOR of a module in flavors/.

    `identify` takes the file's top object as symbols and returns None when it is not one of this library's models.
    `names` are what the library's own files mention, and safe to load: as strict as safe_names.py.
    """

    name: str
    names: Callable[[], frozenset[str]]
    identify: Callable[[Value], Identity | None]


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


def class_of(value: Value) -> Name | None:
    """The class of the object, None when it is a constant or a container."""
    found = getattr(value, "class_name", None)
    return found if isinstance(found, Name) else None
