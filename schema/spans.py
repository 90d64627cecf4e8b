"""Where the values of a config stand in its text, by field path: beside the config, never in it."""

from __future__ import annotations

from dataclasses import dataclass

from .diagnostics import Diagnostic, Field, Span
from .nodes import Mapping, Node, Pair, Scalar, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Answers from the node tree, so that nothing is computed for the config that has no mistake."""

    root: Node

    def of(self, field: Field) -> Span:
        """The span of a value; of its key, where the value is nothing or on further lines.

        Of a field that is not there, it is the nearest parent's.
        """
        node, pair = self._nearest(field)
        nothing = isinstance(node, Scalar) and not node.text and not node.quoted
        return pair.at if pair and (nothing or pair.at.line != node.span.line) else _start(node)

    def key(self, field: Field) -> Span:
        """The span of the key at `field`; the nearest place that there is, where it has none."""
        node, pair = self._nearest(field)
        return pair.at if pair else _start(node)

    def text(self, field: Field) -> str:
        """A scalar as it was written; empty where there is none."""
        node, _ = self._nearest(field)
        return node.text if isinstance(node, Scalar) and self.has(field) else ""

    def has(self, field: Field) -> bool:
        """Whether the text itself holds this field."""
        node: Node | None = self.root
        for part in field:
            node = _child(node, part)[0] if node else None
        return node is not None

    def said(self, field: Field) -> Span | None:
        """Where the text says the value of a field, itself or by a shorthand; None where it does not."""
        node, pair = self.root, None
        for part in field:
            child, found = _child(node, part)
            if child is None:
                # a scalar in the place of a mapping is its shorthand
                return self.of(field) if isinstance(node, Scalar) and node.text else None
            node, pair = child, found or pair
        return pair.at if pair else None

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic at the place of its field, unless it has a place."""
        field = diagnostic.field
        if field is None:
            return diagnostic
        return diagnostic.placed(self.of(field if self.has(field) else _instead(field)))

    def _nearest(self, field: Field) -> tuple[Node, Pair | None]:
        node, pair = self.root, None
        for part in field:
            child, found = _child(node, part)
            if child is None:
                break
            node, pair = child, found
        return node, pair


def _instead(field: Field) -> Field:
    """What is wrong with a model is told where the file says which one it is."""
    match field:
        case ("model", "path") | ("models", _, "path"):
            return (*field[:-1], "uri")
    return field


def _start(node: Node) -> Span:
    """A node's span; of a mapping on several lines its first key's."""
    is_block = isinstance(node, Mapping) and node.pairs and node.pairs[0].at.column == node.span.column
    return node.pairs[0].at if isinstance(node, Mapping) and is_block else node.span


def _child(node: Node, part: str | int) -> tuple[Node | None, Pair | None]:
    match node:
        case Mapping():
            pair = next((pair for pair in node.pairs if pair.key == part), None)
            return (pair.value, pair) if pair else (None, None)
        case Sequence() if isinstance(part, int) and part < len(node.items):
            return node.items[part], None
    return None, None
