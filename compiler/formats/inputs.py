"""What a model takes: put together from the recorded signature, the model's own names and the sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Literal

from ...schema.diagnostics import fail
from ..model_spec import Column, ColumnType, Label, Param
from .flavor import Identity
from .sample import Sample, check_fits, merged
from .signature import Signature, unsupported

TEXT = "text"
"""What the one column of texts is called where nothing else names it."""
_MOST = 1 << 20
_UNTYPED = "the model records no types of its columns: they are numbers unless model.sample or inputs say otherwise"
_WHOLE: tuple[ColumnType, ...] = ("integer", "long")
_LABELS: Mapping[type, ColumnType] = {str: "string", bool: "boolean", int: "long"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Columns in the model's order, what they are put in, and what had to be assumed."""

    columns: tuple[Column, ...]
    container: Literal["dataframe", "ndarray", "texts", "tensor"]
    notes: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()


def inputs_of(identity: Identity, signature: Signature | None, sample: Sample | None) -> Inputs:
    """The signature goes before the sample for types, the model's own names before the sample's.

    UserError `sample-mismatch` when the sample does not fit, `inputs-unknown` when nothing tells what the model takes.
    """
    found = _settled(identity, _found(identity, signature, sample))
    return replace(found, params=signature.params if signature else ())


def _found(identity: Identity, signature: Signature | None, sample: Sample | None) -> Inputs:
    if identity.texts:
        return _texts(signature, sample)
    if signature and signature.texts:
        raise unsupported("it is a list of texts, and nothing says that the model takes one")
    if signature:
        found = _from_signature(identity, signature)
        if sample and found.container == "dataframe":
            check_fits(sample, found.columns)
        return found
    if sample:
        columns = merged(sample, identity.names, identity.count)
        named = bool(identity.names) or identity.count is None
        return Inputs(columns=columns, container="dataframe" if named else "ndarray")
    return _from_model(identity)


def _texts(signature: Signature | None, sample: Sample | None) -> Inputs:
    """One column of texts, by the name that the signature or the sample gives it."""
    named = signature.inputs if signature and signature.named else sample.columns if sample else ()
    texts = [column.name for column in named if column.type == "string"]
    name = texts[0] if len(texts) == 1 else TEXT
    notes = () if name in texts else (f"it takes texts: they are served as the column `{TEXT}`",)
    return Inputs(columns=(Column(name=name, type="string"),), container="texts", notes=notes)


def _settled(identity: Identity, found: Inputs) -> Inputs:
    """With the categories that the model knows, in the simplest container that serves it."""
    columns = tuple(_categorised(identity, place, column) for place, column in enumerate(found.columns))
    if identity.arrays == "numbers":
        _check_numbers(columns, identity.notes)
    container = "ndarray" if identity.arrays else found.container
    return replace(found, columns=columns, container=container, notes=found.notes + identity.notes)


def _categorised(identity: Identity, place: int, column: Column) -> Column:
    labels = identity.categories.get(place)
    if labels is None:
        return column
    kind = _label_type(labels) if labels else "long" if column.type in _WHOLE else "string"
    return replace(column, type=kind, categories=labels, closed=identity.closed and bool(labels))


def _label_type(labels: tuple[Label, ...]) -> ColumnType:
    kinds = {type(label) for label in labels}
    return next((name for kind, name in _LABELS.items() if kinds <= {kind}), "double")


def _check_numbers(columns: tuple[Column, ...], notes: tuple[str, ...]) -> None:
    for column in columns:
        if column.type in ("string", "binary", "datetime") and not column.categories:
            raise fail(
                "unsupported-column",
                f"column `{column.name}` is of type {column.type}, but the model takes numbers",
                field=("model",),
                help="train with columns of categories and a library that keeps them in the model, or with numbers",
                notes=notes,
            )


def _from_signature(identity: Identity, signature: Signature) -> Inputs:
    notes: tuple[str, ...] = ()
    if signature.params:
        names = ", ".join(param.name for param in signature.params)
        notes = (f"the signature's params are checked, and as under MLflow, only XGBoost's models are told: {names}",)
    if any(column.shape for column in signature.inputs):
        if identity.arrays:
            raise unsupported(f"its input has more than two dimensions, which no {identity.class_name} takes")
        return Inputs(columns=signature.inputs, container="tensor", notes=notes)
    columns = _in_order(identity, signature.inputs) if signature.named else signature.inputs
    if identity.arrays and identity.count not in (None, len(columns)):
        text = f"its input has {len(columns)} columns, but the model takes {identity.count}"
        raise unsupported(text)
    if not signature.named and len(identity.names) == len(columns):
        columns = tuple(replace(c, name=n) for c, n in zip(columns, identity.names, strict=True))
    named = signature.named or bool(identity.names)
    return Inputs(columns=columns, container="dataframe" if named else "ndarray", notes=notes)


def _in_order(identity: Identity, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """A signature's columns as the model has them, which matters where it is given an array."""
    by_name = {column.name: column for column in columns}
    if not identity.arrays or set(by_name) != set(identity.names):
        return columns
    return tuple(by_name[name] for name in identity.names)


def _from_model(identity: Identity) -> Inputs:
    if names := identity.names or _numbered(identity.count):
        types: Iterable[ColumnType] = identity.types or repeat("double")
        columns = tuple(map(_column, names, types))
        told = bool(identity.types) or not identity.names
        return Inputs(
            columns=columns, container="dataframe" if identity.names else "ndarray", notes=() if told else (_UNTYPED,)
        )
    raise fail(
        "inputs-unknown",
        f"nothing tells which columns the model takes: {identity.class_name} does not record them",
        field=("model",),
        help="give rows of the model's own columns as model.sample, or save the model with a signature",
    )


def _column(name: str, kind: ColumnType) -> Column:
    return Column(name=name, type=kind)


def _numbered(count: int | None) -> tuple[str, ...]:
    return tuple(f"x{i}" for i in range(count)) if count and count <= _MOST else ()
