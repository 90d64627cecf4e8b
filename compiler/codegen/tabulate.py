"""The pass that gives a table, whose one entry a module imports, an entry from each of several packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import libcst as cst

from .add_imports import add_imports
from .bind import Code, bind
from .source import imports, imports_of


def tabulate(module: cst.Module, table: str, entry: str, packages: Mapping[str, str], at: str = ".") -> cst.Module:
    """The module whose constant `table` has, in the place of what is imported as `entry`, the same of each package.

    `packages` are those below `at`, by the key of their entries. ValueError when no statement of its own imports
    such an entry.
    """
    found = next((each for each in imports(module) if each.bound == entry), None)
    if found is None:
        raise ValueError(f"the template does not import {entry}")
    kept = module.with_changes(body=[s for s in module.body if imports_of(s) != (found,)])
    place = found.module.rpartition(".")[2]
    bound = {key: _alias(package, found.name) for key, package in packages.items()}
    wanted = [replace(found, module=f"{at}{packages[key]}.{place}", bound=bound[key], alias=True) for key in packages]
    entries = ", ".join(f"{key!r}: {alias}" for key, alias in bound.items())
    return bind(add_imports(kept, wanted), {table: Code(f"{{{entries}}}")})


def _alias(package: str, name: str) -> str:
    """What a name of a package is called among those of others, as no other package's is: a class as classes are."""
    # v1_2 and v12 are two packages
    words = "".join(f"_{word}" if word[:1].isdigit() else word.capitalize() for word in package.split("_"))
    return f"{words}{name}" if name[0].isupper() else f"{package.rstrip('_')}_{name}"
