"""Catalogs: the modules of a folder (and a third party's, by entry point) as a mapping of names."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Catalog:
    """The kinds of one thing. The file name is the registry: a module is imported only when it is asked for."""

    package: ModuleType
    group: str
    """Entry-point group through which other distributions add theirs: "deployc.targets"."""
    left_out: frozenset[str] = frozenset()
    """Modules of the folder that are no entries."""

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._own() | set(self._foreign())))

    def load(self, name: str) -> ModuleType:
        """The module of one entry, ours where a third party's has the same name; KeyError when there is none."""
        # looking through all that is installed for entry points takes tens of milliseconds
        if name in self._own():
            return importlib.import_module(f".{name.replace('-', '_')}", self.package.__name__)
        return importlib.import_module(self._foreign()[name])

    def file(self, name: str) -> Path:
        """The source file of one entry, which is not imported; KeyError when there is none."""
        own = name in self._own()
        module = f".{name.replace('-', '_')}" if own else self._foreign()[name]
        spec = importlib.util.find_spec(module, self.package.__name__ if own else None)
        if spec is None or spec.origin is None:
            raise KeyError(name)
        return Path(spec.origin)

    def summary(self, name: str) -> str:
        """The first line of an entry's docstring, without its name; it is read, not imported, where it is ours."""
        if name not in self._own():
            return f"from {self._foreign()[name]}"
        head = (ast.get_docstring(ast.parse(self.file(name).read_text(encoding="utf-8"))) or "").partition("\n")[0]
        _, named, said = head.partition(f"`{name}`")
        return (said.partition(": ")[2] if named else head).rstrip(".")

    def _own(self) -> set[str]:
        found = {m.name for m in pkgutil.iter_modules(self.package.__path__)} - self.left_out
        return {name.replace("_", "-") for name in found}

    def _foreign(self) -> Mapping[str, str]:
        return _installed(tuple(sys.path)).get(self.group, {})


@cache
def _installed(path: tuple[str, ...]) -> Mapping[str, Mapping[str, str]]:
    """Names and modules by group, of what is installed where a `sys.path` leads: all of it is looked through once."""
    points = entry_points()
    return {group: {point.name: point.value for point in points.select(group=group)} for group in points.groups}
