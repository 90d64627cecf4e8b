"""Which methods a class of the user's own has: read from its source, and those of the own classes that it extends."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

METHODS = ("predict", "predict_proba", "decision_function", "transform")
_BARE = frozenset({"object", "ABC", "BaseEstimator", "Generic", "Protocol"})
"""Classes that have none of them, as have those called `...Mixin`."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A class by its module and name."""

    module: str
    name: str


def own_methods(class_name: str, sources: Mapping[str, str]) -> tuple[str, ...]:
    """The methods that the class defines, "predict" first; `sources` are the user's modules by import name.

    Empty where its source is not there. Where it extends a class of a library's, it is taken to predict. A method that
    is decorated, or does nothing but raise, is not counted.
    """
    module, _, name = class_name.rpartition(".")
    return tuple(method for method in METHODS if method in frozenset(_methods(_Place(module, name), sources, set())))


def _methods(place: _Place, sources: Mapping[str, str], seen: set[_Place]) -> Iterator[str]:
    if place in seen:
        return
    seen.add(place)
    tree = _parsed(sources.get(place.module, ""))
    found = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == place.name), None)
    if found is None:
        return
    yield from (n.name for n in found.body if isinstance(n, ast.FunctionDef) and not n.decorator_list and _works(n))
    known = _names(tree, place.module)
    for base in found.bases:
        name = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
        own = known.get(name)
        if own and own.module in sources:
            yield from _methods(own, sources, seen)
        elif name and name not in _BARE and not name.endswith("Mixin"):
            yield "predict"


def _works(method: ast.FunctionDef) -> bool:
    """Whether it does more than to raise an error, as one that others are to override does."""
    return not isinstance(method.body[-1], ast.Raise) or len(method.body) > 2


def _names(tree: ast.Module, module: str) -> Mapping[str, _Place]:
    """What the names at the top of a module stand for, of classes and imports."""
    found: dict[str, _Place] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = _Place(module, node.name)
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*parents, *(node.module or "").split(".")]).strip(".")
            found.update({alias.asname or alias.name: _Place(source, alias.name) for alias in node.names})
    return found


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])
