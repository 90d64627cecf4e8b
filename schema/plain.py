"""Nodes as plain JSON data, each scalar read as the field that it stands in takes it."""

from __future__ import annotations

from .nodes import Hole, Mapping, Node, Scalar, Sequence
from .scalars import resolve
from .shapes import Catalogs, FieldShape, Items, KindTable, Record, Shape, Table, options_of

ANYTHING = Shape(anything=True)
HOLE = object()
"""Stands for a value of which all has been said."""


def plain(node: Node, shape: Shape, catalogs: Catalogs) -> object:
    """Data for validation; nothing where a mapping should be becomes an empty one."""
    match node:
        case Hole():
            return HOLE
        case Scalar():
            value = resolve(node.text, node.quoted, shape.types)
            empty = value is None and "null" not in shape.types and isinstance(shape.whole, Table | KindTable | Record)
            return {} if empty else value
        case Sequence():
            item = shape.whole.item if isinstance(shape.whole, Items) else ANYTHING
            return [plain(child, item, catalogs) for child in node.items]
        case Mapping():
            fields = _fields(node, shape, catalogs)
            return {pair.key: plain(pair.value, fields.get(pair.key, ANYTHING), catalogs) for pair in node.pairs}


def _fields(node: Mapping, shape: Shape, catalogs: Catalogs) -> dict[str, Shape]:
    """The shape of each key's value, as far as it is known."""
    match shape.whole:
        case Record():
            return {name: field.shape for name, field in shape.whole.fields.items()}
        case Table():
            return {pair.key: shape.whole.value for pair in node.pairs}
        case KindTable():
            return {pair.key: _entry(pair.key, pair.value, shape.whole.catalog, catalogs) for pair in node.pairs}
    return {}


def _entry(name: str, node: Node, catalog: str, catalogs: Catalogs) -> Shape:
    """The shape of an entry's options, with its `kind`."""
    kinds = [pair.value for pair in node.pairs if pair.key == "kind"] if isinstance(node, Mapping) else []
    kind = kinds[0].text if kinds and isinstance(kinds[0], Scalar) else name
    known = options_of(catalogs[catalog], kind).fields if kind in catalogs[catalog] else {}
    text = FieldShape(shape=Shape(types=frozenset({"string"})), required=False)
    return Shape(whole=Record(cls=dict, doc="", fields={"kind": text, **known}))
