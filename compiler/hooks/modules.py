"""The user's modules: the one that is named, and those of his own files that it imports, directly or not."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...schema.diagnostics import Field, Span, fail
from ...schema.python import Part, parse_python, span_of
from ...schema.source import Source, read_source

Find = Callable[[str], Source | None]
"""The source of a file by its path below deploy.yaml's folder; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One of the user's files as Python sees it."""

    name: str
    path: str
    source: Source
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if self.path.endswith("/__init__.py") else self.name.rpartition(".")[0]

    def span(self, node: Part) -> Span:
        """Where a node stands; of a definition, its name."""
        return span_of(self.source, node)


def on_disk(root: Path) -> Find:
    """Files below a folder; UserError where one is there but cannot be read."""
    return lambda path: read_source(root / path, path) if (root / path).is_file() else None


def collect(name: str, find: Find, field: Field, code: str) -> Mapping[str, Module]:
    """Modules by import name, the named one first. UserError `hook-module` where there is no such file, with `code`
    where one is not Python.
    """
    found: dict[str, Module] = {}
    waiting = [name]
    while waiting:
        wanted = waiting.pop(0)
        if wanted in found or not (module := _module(wanted, find, code)):
            continue
        found[wanted] = module
        waiting += [*_parents(wanted), *imported(module)]
    if name not in found:
        path = name.replace(".", "/")
        text = f"there is no module `{name}` beside deploy.yaml"
        raise fail("hook-module", text, field=field, help=f"it would be {path}.py or {path}/__init__.py")
    return found


def imported(module: Module) -> Iterator[str]:
    """Names of all modules that a module imports, and names that may be modules."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield from (alias.name, *_parents(alias.name))
            case ast.ImportFrom(names=names):
                origin = absolute(module, node)
                yield from (origin, *_parents(origin), *(f"{origin}.{alias.name}" for alias in names))


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The full name of the module that an import is from."""
    if not node.level:
        return node.module or ""
    parts = module.package.split(".")
    kept = parts[: len(parts) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _module(name: str, find: Find, code: str) -> Module | None:
    stem = name.replace(".", "/")
    for path in (f"{stem}.py", f"{stem}/__init__.py"):
        if name and (source := find(path)):
            return Module(name=name, path=path, source=source, tree=parse_python(source, code=code))
    return None


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
