"""One YAML file laid over another: what deploy.prod.yaml says in place of deploy.yaml, each value at its own place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .diagnostics import Diagnostic
from .nodes import Mapping, Node, Pair, Scalar
from .scalars import core

ALLOWED = ("version", "targets", "tests")
"""What an overlay may speak of: the rest is built once, and then promoted from one environment to the next."""


def overlaid(base: Node, over: Node) -> Node:
    """The base with what is laid over it: mappings are merged, lists and scalars replaced, null removes a key.

    This is RFC 7396 (JSON Merge Patch), but that a value which is left out is an empty one. An empty file changes
    nothing.
    """
    return base if isinstance(over, Scalar) and not over.text and not over.quoted else _laid(base, over)


def misplaced(over: Node) -> Iterator[Diagnostic]:
    """What an overlay says of things that are the same in every environment."""
    for pair in over.pairs if isinstance(over, Mapping) else ():
        if pair.key not in ALLOWED:
            message = f"`{pair.key}` cannot differ from one environment to another: what is built from it is built once"
            advice = "say it in deploy.yaml; an overlay has `targets` and `tests` alone"
            yield Diagnostic(code="overlay-changes-build", message=message, at=pair.at, help=advice)


def _laid(base: Node | None, over: Node) -> Node:
    if not isinstance(over, Mapping):
        return over
    below = base if isinstance(base, Mapping) else replace(over, pairs=())
    pairs = {pair.key: pair for pair in below.pairs}
    for pair in over.pairs:
        if _removes(pair.value):
            pairs.pop(pair.key, None)
        else:
            pairs[pair.key] = _pair(pairs.get(pair.key), pair)
    return replace(below, pairs=tuple(pairs.values()))


def _pair(base: Pair | None, over: Pair) -> Pair:
    """A mapping that both have keeps the base's key, since most of what is below it may be the base's."""
    if base and isinstance(base.value, Mapping) and isinstance(over.value, Mapping):
        return replace(base, value=_laid(base.value, over.value))
    return replace(over, value=_laid(None, over.value))


def _removes(node: Node) -> bool:
    """Whether `null` or `~` is written; in quotes these are text."""
    return isinstance(node, Scalar) and bool(node.text) and not node.quoted and core(node.text) is None
