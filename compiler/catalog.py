"""Catalogs: the modules of a folder (and a third party's, by entry point) as a mapping of names."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
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
        found = {m.name for m in pkgutil.iter_modules(self.package.__path__)} - self.left_out
        return tuple(sorted({name.replace("_", "-") for name in found} | set(self._foreign())))

    def load(self, name: str) -> ModuleType:
        """The module of one entry; KeyError when there is none."""
        if name not in self.names():
            raise KeyError(name)
        foreign = self._foreign()
        if name in foreign:
            return importlib.import_module(foreign[name])
        return importlib.import_module(f".{name.replace('-', '_')}", self.package.__name__)

    def summary(self, name: str) -> str:
        """The first line of an entry's docstring, without its name; it is read, not imported, where it is ours."""
        if (foreign := self._foreign().get(name)) is not None:
            return f"from {foreign}"
        spec = importlib.util.find_spec(f".{name.replace('-', '_')}", self.package.__name__)
        text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
        head = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        _, named, said = head.partition(f"`{name}`")
        return (said.partition(": ")[2] if named else head).rstrip(".")

    def _foreign(self) -> Mapping[str, str]:
        return {point.name: point.value for point in entry_points(group=self.group)}
