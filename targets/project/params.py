"""The parameters of a model's signature: which of them the model is told of, and what goes where there are none."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.model_spec import ModelSpec, Param
from .catalog import facts

UNCHECKED = frozenset({"with_params", "described_params", "params_property"})
"""What of the templates goes where there are no parameters."""
UNTOLD = frozenset(
    {"with_query", "with_parameters", "query_params", "told_answers", "told_types", "params_of", "reshaped"}
)
"""What goes where the model is told of none."""
WITHOUT = frozenset({"predict_with", "PredictionWith"})
"""The same, of what only one method has."""


def heard(spec: ModelSpec) -> tuple[str, ...]:
    """The signature's parameters that MLflow passes on to such a model."""
    said = facts("flavors", spec.flavor).get("LISTENS", {})
    assert isinstance(said, Mapping)
    return _among(spec, said.get(spec.class_name, said.get("", ())))


def per_row(spec: ModelSpec) -> tuple[str, ...]:
    """Those that it passes on as well, and that have a value for each row."""
    return _among(spec, facts("flavors", spec.flavor).get("PER_ROW", ()))


def settled(spec: ModelSpec) -> dict[str, object]:
    """What the model is told unless a request says otherwise."""
    defaults = {param.name: default_of(param) for param in spec.params if param.name in heard(spec)}
    return {name: value for name, value in defaults.items() if value is not None}


def default_of(param: Param) -> object:
    """The default as JSON has it."""
    return [*param.default] if param.default and param.many else param.default[0] if param.default else None


def _among(spec: ModelSpec, names: object) -> tuple[str, ...]:
    assert isinstance(names, tuple)
    return tuple(param.name for param in spec.params if param.name in names)
