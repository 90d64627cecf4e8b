"""What the modules of the protocols beside typed JSON are bound to, and which of them a service has."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.codegen.bind import Code
from ...compiler.model_spec import Column, ColumnType, ModelSpec, Output, Param
from ...schema.config import Config
from .params import default_of, heard, per_row

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
PROTOCOLS = {"mlflow": "invocations", "v2": "v2"}
"""The module of each protocol beside typed JSON."""


def protocol_constants(
    spec: ModelSpec, served: Mapping[str, Output], config: Config, *, again: bool = False
) -> dict[str, Mapping[str, object]]:
    """The constants of the modules that speak other protocols than typed JSON.

    `again` says that rows are checked again for other models, where a float of 32 bits has bounds and cannot be NaN.
    """
    method = "predict" if "predict" in served else next(iter(served))
    inputs = {column.name: DATATYPES[column.type] for column in spec.inputs}
    outputs = {m: (DATATYPES[o.type], [-1, *o.shape]) for m, o in served.items()}
    constants: dict[str, Mapping[str, object]] = {
        "tabular": {
            "POSITIONAL": spec.container == "ndarray",
            "SHAPE": [*spec.inputs[0].shape] if spec.container == "tensor" else [],
            "KINDS": {column.name: kind for column in spec.inputs if (kind := _kind(column, again))},
        },
        "invocations": {"METHOD": method},
        "v2": {"METHOD": method, "INPUTS": inputs, "OUTPUTS": outputs},
    }
    left_out = unspoken(config)
    return {module: values for module, values in constants.items() if module not in left_out}


def param_constants(spec: ModelSpec) -> dict[str, object]:
    """What the service knows of the signature's parameters, where there are any."""
    if not spec.params:
        return {}
    known = (f"{p.name!r}: ({_param_type(p)}, {default_of(p)!r})" for p in spec.params)
    names = heard(spec)
    return {
        "PARAMS": Code(f"{{{', '.join(known)}}}"),
        "HEARD": {param.name: param.many for param in spec.params if param.name in names},
        "UNHEARD": per_row(spec),
    }


def _param_type(param: Param) -> str:
    kind = VALUES.get(param.type, "str")
    kind = f"list[{kind}]" if param.many else kind
    return kind if param.default else f"{kind} | None"


def _kind(column: Column, again: bool) -> str:
    """What a column is to protocols that can say its values in more than one way; empty where they cannot."""
    if column.shape:
        return ""
    bounded = column.limits.minimum is not None or column.limits.maximum is not None
    bounded = bounded or (again and column.type == "float")
    if column.type in ("float", "double"):
        # Bounds and categories admit no NaN; an optional number is null instead.
        return "" if column.optional or bounded or column.closed or column.limits.values else "number"
    kinds = {"integer": "integer", "long": "integer", "datetime": "moment", "string": "text"}
    return kinds.get(column.type, "")


def unspoken(config: Config) -> frozenset[str]:
    """The modules of the protocols that are not spoken."""
    return frozenset(module for protocol, module in PROTOCOLS.items() if protocol not in config.serve.protocols)
