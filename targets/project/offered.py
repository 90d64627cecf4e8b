"""Which of a model's methods a service has, and the types that their answers may have."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.model_spec import ColumnType, Output
from ...schema.config import Config
from ...schema.diagnostics import fail

METHODS = ("predict", "predict_proba", "decision_function", "transform")
"""What can be served of a model."""

ANSWERS: Mapping[ColumnType, str] = {
    "boolean": "bool",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "string": "str",
}
"""The elements that an answer can have, as Python sees them."""


def offered(outputs: tuple[Output, ...], config: Config) -> list[Output]:
    """The outputs to serve, in the model's order; UserError when there is none, or none that deploy.yaml names."""
    have = [o for o in outputs if o.method in METHODS and o.type in ANSWERS and len(o.shape) <= 1]
    for i, method in enumerate(config.serve.methods):
        if method not in {o.method for o in have}:
            at = ("serve", "methods", i)
            able = ", ".join(o.method for o in have) or "none that can be served"
            raise fail("unknown-method", f"the model has no method `{method}`", field=at, help=f"it has: {able}")
    served = [o for o in have if o.method in config.serve.methods or not config.serve.methods]
    if not served:
        raise fail("no-methods", "the model has no method that can be served", field=("model", "path"))
    return served
