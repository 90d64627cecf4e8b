"""What a request may tell the model besides its rows: the parameters that the model's signature names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any  # a parameter may be of any type, which is checked
from urllib.parse import parse_qs

import msgspec

from .problems import Rejected
from .schema import PredictionWith

METHOD = "predict"
"""The one that is told of them."""
PARAMS: dict[str, tuple[Any, object]] = {"temperature": (float, 1.0), "range": (list[int] | None, None)}
"""Each with its type and its default."""
HEARD: dict[str, bool] = {"temperature": False, "range": True}
"""Those that the model is told of, and whether each is a list; the others are checked and no more."""
UNHEARD: tuple[str, ...] = ()
"""Those that MLflow tells the model of and this service cannot, since they have a value for each row."""


def with_params(method: str, given: Mapping[str, object]) -> str:
    """A method with what it is told, as one text: requests for the same text are asked for together.

    Rejected where a parameter is not of its type; others than the signature's are not looked at.
    """
    said = {name: value for name, value in given.items() if name in PARAMS}
    return _text(method, {name: _value(name, value) for name, value in said.items()})


def with_query(method: str, query: str) -> str:
    """The same for what stands after the ? of an address; Rejected where it has other names."""
    if method != METHOD or not query:
        return method
    said = parse_qs(query, keep_blank_values=True)
    for name in said:
        if name not in HEARD:
            known = ", ".join(HEARD)
            raise Rejected(400, "invalid-parameter", f"the model takes {known}", f"params.{name}"[:300])
    given = {name: texts if HEARD[name] else texts[-1] for name, texts in said.items()}
    return _text(method, {name: _value(name, value, strict=False) for name, value in given.items()})


def with_parameters(method: str, given: Mapping[str, object]) -> str:
    """The same as `with_params`, where other things than the model's parameters may have their names."""
    return with_params(method, {name: value for name, value in given.items() if name in HEARD})


def params_of(method: str) -> dict[str, object]:
    """What the method is told according to such a text; nothing where it is asked without."""
    _, _, values = method.partition(" ")
    found: dict[str, object] = msgspec.json.decode(values) if values else {}
    return found


def described_params() -> dict[str, object]:
    """The parameters as JSON Schema has them."""
    return {name: {**msgspec.json.schema(kind), "default": default} for name, (kind, default) in PARAMS.items()}


def params_property() -> dict[str, object]:
    """What a schema says of them where they are a property."""
    return {"properties": {"params": {"type": "object", "properties": described_params()}}}


def query_params(method: str) -> list[dict[str, object]]:
    """The parameters of a method's address, as OpenAPI has them."""
    schemas = described_params() if method == METHOD else {}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items() if name in HEARD]


def told_types(method: str = METHOD) -> Sequence[type]:
    """What a method may answer besides its own type."""
    return (PredictionWith,) if method == METHOD else ()


def _value(name: str, given: object, *, strict: bool = True) -> object:
    if name in UNHEARD and given is not None:
        raise Rejected(400, "invalid-parameter", "it cannot be given to this service", f"params.{name}")
    try:
        return msgspec.convert(given, PARAMS[name][0], strict=strict)
    except msgspec.ValidationError as error:
        raise Rejected(400, "invalid-parameter", str(error)[:300], f"params.{name}") from None


def _text(method: str, values: Mapping[str, object]) -> str:
    told = {name: values[name] for name in HEARD if name in values and values[name] != PARAMS[name][1]}
    return f"{method} {msgspec.json.encode(told).decode()}" if told and method == METHOD else method
