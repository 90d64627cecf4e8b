"""What a model takes: put together from the recorded signature, the model's own names and the sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ...schema.diagnostics import fail
from ..model_spec import Column
from .flavor import Identity
from .sample import Sample, check_fits, merged
from .signature import Signature

_MOST = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Columns in the model's order, what they are put in, and what had to be assumed."""

    columns: tuple[Column, ...]
    container: Literal["dataframe", "ndarray"]
    notes: tuple[str, ...] = ()


def inputs_of(identity: Identity, signature: Signature | None, sample: Sample | None) -> Inputs:
    """The signature goes before the sample for types, the model's own names before the sample's.

    UserError `sample-mismatch` when the sample does not fit, `inputs-unknown` when nothing tells what the model takes.
    """
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


def _from_signature(identity: Identity, signature: Signature) -> Inputs:
    notes: tuple[str, ...] = ()
    if signature.params:
        notes = (f"the signature's parameters are not served: {', '.join(signature.params)}",)
    columns = signature.inputs
    if not signature.named and len(identity.names) == len(columns):
        columns = tuple(replace(c, name=n) for c, n in zip(columns, identity.names, strict=True))
    named = signature.named or bool(identity.names)
    return Inputs(columns=columns, container="dataframe" if named else "ndarray", notes=notes)


def _from_model(identity: Identity) -> Inputs:
    if identity.names:
        columns = tuple(Column(name=name, type="double") for name in identity.names)
        note = (
            "the model records its columns' names but not their types, so all are taken as numbers: give model.sample"
        )
        return Inputs(columns=columns, container="dataframe", notes=(note,))
    if identity.count and identity.count <= _MOST:
        columns = tuple(Column(name=f"x{i}", type="double") for i in range(identity.count))
        return Inputs(columns=columns, container="ndarray")
    raise fail(
        "inputs-unknown",
        f"nothing tells which columns the model takes: {identity.class_name} does not record them",
        field=("model",),
        help="give rows of the model's own columns as model.sample, or save the model with a signature",
    )
