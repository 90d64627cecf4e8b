"""What the modules of the protocols beside typed JSON are bound to, and which of them a service has."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.codegen.bind import Code
from ...compiler.model_spec import Column, ColumnType, ModelSpec, Output, Param
from ...schema.config import Config
from .catalog import facts

DATATYPES: Mapping[ColumnType, str] = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
    "binary": "BYTES",
    "datetime": "BYTES",
}
"""Types of columns and answers in the Open Inference Protocol, which has no times."""

VALUES: Mapping[ColumnType, str] = {
    "boolean": "bool",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
}
"""What a parameter is in Python; the others are texts in JSON."""
UNCHECKED = frozenset({"PARAMS", "PARAMS_SERVED", "check_params", "described_params", "required_params"})
"""What of the templates goes where there are no parameters."""
PROTOCOLS = {"mlflow": "invocations", "v2": "v2"}
"""The module of each protocol beside typed JSON."""


def protocol_constants(
    spec: ModelSpec, served: Mapping[str, Output], config: Config
) -> dict[str, Mapping[str, object]]:
    """The constants of the modules that speak other protocols than typed JSON."""
    method = "predict" if "predict" in served else next(iter(served))
    inputs = {column.name: DATATYPES[column.type] for column in spec.inputs}
    outputs = {m: (DATATYPES[o.type], [-1, *o.shape]) for m, o in served.items()}
    constants: dict[str, Mapping[str, object]] = {
        "tabular": {
            "POSITIONAL": spec.container == "ndarray",
            "SHAPE": [*spec.inputs[0].shape] if spec.container == "tensor" else [],
            "KINDS": {column.name: kind for column in spec.inputs if (kind := _kind(column))},
        },
        "invocations": {"METHOD": method, **_params(spec)},
        "v2": {"METHOD": method, "INPUTS": inputs, "OUTPUTS": outputs},
    }
    left_out = unspoken(config)
    return {module: values for module, values in constants.items() if module not in left_out}


def _params(spec: ModelSpec) -> dict[str, object]:
    """What the module knows of the signature's parameters, where there are any."""
    if not spec.params:
        return {}
    known = (f"{p.name!r}: ({_param_type(p)}, {_default(p)!r})" for p in spec.params)
    names = {param.name for param in spec.params}
    served = {name: value for name, value in _heard(spec).items() if name in names}
    return {"PARAMS": Code(f"{{{', '.join(known)}}}"), "PARAMS_SERVED": served}


def _heard(spec: ModelSpec) -> Mapping[str, object]:
    """The parameters that MLflow tells such a model of, each with the value that it is served with."""
    by_class = facts("flavors", spec.flavor).get("LISTENS")
    classes = by_class if isinstance(by_class, Mapping) else {}
    heard: Mapping[str, object] = classes.get(spec.class_name, classes.get("", {}))
    return heard


def _param_type(param: Param) -> str:
    kind = VALUES.get(param.type, "str")
    kind = f"list[{kind}]" if param.many else kind
    return kind if param.default else f"{kind} | None"


def _default(param: Param) -> object:
    return [*param.default] if param.default and param.many else param.default[0] if param.default else None


def _kind(column: Column) -> str:
    """What a column is to protocols that can say its values in more than one way; empty where they cannot."""
    if column.shape:
        return ""
    bounded = column.limits.minimum is not None or column.limits.maximum is not None
    if column.type in ("float", "double"):
        # Bounds and categories admit no NaN; an optional number is null instead.
        return "" if column.optional or bounded or column.closed or column.limits.values else "number"
    kinds = {"integer": "integer", "long": "integer", "datetime": "moment", "string": "text"}
    return kinds.get(column.type, "")


def unspoken(config: Config) -> frozenset[str]:
    """The modules of the protocols that are not spoken."""
    return frozenset(module for protocol, module in PROTOCOLS.items() if protocol not in config.serve.protocols)
