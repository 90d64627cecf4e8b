"""What a notebook or script itself defines and a model uses, as a module of its own: a service has no notebook."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType

from ...schema.diagnostics import UserError, fail
from .definitions import Definition, definition, future_annotations

NOTEBOOK = "__main__"
"""What Python calls the module of a notebook's cells, and of a script."""
NAME = "main_code"
_HEAD = '"""What the model uses of the notebook or script that made it, as it was then."""\n'
_LONGEST = 10_000
"""Characters of a constant; what is longer is data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainCode:
    """The text of the module, and the classes and functions that it defines, by name."""

    text: str
    defined: Mapping[str, object]

    @contextmanager
    def named(self) -> Iterator[None]:
        """Have pickle find them in that module, as if they had been imported from it."""
        module, before = ModuleType(NAME), sys.modules.get(NAME)
        vars(module).update(self.defined)
        owned = [value for defined in self.defined.values() for value in _within(defined)]
        sys.modules[NAME] = module
        _rename(owned, NAME)
        try:
            yield
        finally:
            _rename(owned, NOTEBOOK)
            del sys.modules[NAME]
            if before:
                sys.modules[NAME] = before


def main_code(names: Iterable[str], place: Mapping[str, object]) -> MainCode:
    """The module of the definitions by these names in `place`, the contents of `__main__`, and of all that they use.

    UserError `class-in-notebook` where one has no source, or uses what is neither defined there, nor imported, nor a
    constant.
    """
    found = _Found(place=place)
    for name in sorted(names):
        found.define(name)
    return MainCode(text=found.text(), defined=found.defined)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is in the module so far."""

    place: Mapping[str, object]
    imports: dict[str, None] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    defined: dict[str, object] = field(default_factory=dict)

    def text(self) -> str:
        future = ["from __future__ import annotations"] if future_annotations(self.defined.values()) else []
        constants = [f"{name} = {value}" for name, value in sorted(self.constants.items())]
        parts = [*future, "\n".join(sorted(self.imports)), "\n".join(constants), *(f"\n{text}" for text in self.texts)]
        return _HEAD + "".join(f"\n{part}\n" for part in parts if part)

    def define(self, name: str) -> None:
        """Add a class or function with what it needs, in an order in which Python can define them."""
        self.seen.add(name)
        value = self.place.get(name)
        made = definition(name, value, self.place)
        if made is None:
            raise in_notebook(name, "its source is not known")
        for used in sorted(made.early):
            self._use(used, name, made)
        self.texts.append(made.text)
        self.defined[name] = value
        for used in sorted(made.late):
            self._use(used, name, made)

    def _use(self, name: str, user: str, made: Definition) -> None:
        if name in self.seen or name not in self.place or self.place[name] is vars(builtins).get(name):
            return
        value = self.place[name]
        if isinstance(value, ModuleType):
            self.imports.update(dict.fromkeys(_imports(name, value, made)))
        elif getattr(value, "__module__", None) == NOTEBOOK and callable(value):
            self.define(name)
        elif origin := _origin(name, value):
            self.imports[origin] = None
        elif constant := _constant(value):
            self.constants[name] = constant
        else:
            raise in_notebook(
                user, f"it uses `{name}`, which is in memory alone, as a value of type {type(value).__name__}"
            )


def in_notebook(name: str, why: str) -> UserError:
    """The error for what is defined where only this process finds it."""
    return fail(
        "class-in-notebook",
        f"the model uses `{name}` of this notebook or script, and {why}, so that a service could not find it",
        help="keep what it needs in the model, or move it into a module beside the notebook (`%%writefile features.py` "
        "at the head of its cell does that), import it from there and fit again; `cook` ships the module",
    )


def _imports(name: str, module: ModuleType, made: Definition) -> Iterator[str]:
    """Statements for a module, and for those of its submodules that are used by way of it."""
    own = module.__name__
    yield f"import {own}" if name in (own, own.partition(".")[0]) else f"import {own} as {name}"
    for first, *rest in made.attributes():
        if first == name and rest and (full := ".".join((own, *rest))) in sys.modules:
            yield f"import {full}"


def _origin(name: str, value: object) -> str:
    """The statement that imports a class, function or the like from the shortest module that offers it; or none."""
    module = getattr(value, "__module__", None) or type(value).__module__
    parts = str(module).split(".")
    own = str(getattr(value, "__name__", name))
    for length in range(1, len(parts) + 1):
        place = ".".join(parts[:length])
        if place in sys.modules and place != "builtins" and vars(sys.modules[place]).get(own) is value:
            return f"from {place} import {own}" + (f" as {name}" if name != own else "")
    return ""


def _constant(value: object) -> str:
    """A value as Python writes it, where that is all of it and short."""
    text = repr(value)
    try:
        same = len(text) <= _LONGEST and ast.literal_eval(text) == value and type(ast.literal_eval(text)) is type(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ""
    return text if same else ""


def _within(value: object) -> Iterator[object]:
    """A definition, and the classes and functions in a class."""
    yield value
    for member in vars(value).values() if isinstance(value, type) else ():
        if getattr(member, "__module__", None) == NOTEBOOK and isinstance(member, type):
            yield from _within(member)


def _rename(values: Iterable[object], module: str) -> None:
    for value in values:
        setattr(value, "__module__", module)  # noqa: B010 - mypy knows no object that lets it be set
