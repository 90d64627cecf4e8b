"""The OpenAPI document, made from the same types that requests are checked with."""

from __future__ import annotations

import json

import msgspec

from . import invocations, v2
from .describing import OBJECT, REFERENCES, SECURITY, get, post, reference, response
from .forms import FORM_DATA
from .images import IMAGE_TYPES
from .info import NAME, Info
from .params import query_params, told_types
from .problems import Failure
from .schema import Decision, Prediction, Probabilities, Row, Transformed
from .spelling import unspelled_in

VERSION = "1.0.0"
EXAMPLE: dict[str, object] = {"number": 1.0}
METHODS: dict[str, tuple[type, str]] = {
    "predict": (Prediction, "What the model predicts"),
    "predict_proba": (Probabilities, "The probability of each class"),
    "decision_function": (Decision, "The model's scores"),
    "transform": (Transformed, "What the model makes of its input"),
}
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
UPLOADS: dict[str, dict[str, dict[str, object]]] = {
    **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in IMAGE_TYPES},
    FORM_DATA: {
        "schema": {
            "type": "object",
            "required": [*Row.__struct_encode_fields__],
            "properties": {
                name: {"type": "array", "items": {"type": "string", "format": "binary"}}
                for name in Row.__struct_encode_fields__
            },
        }
    },
}
INVALID = "A row is not what the model takes; the error names the field."


def document() -> dict[str, object]:
    """The document as JSON values; the same for the same code."""
    types = [Row, *(answer for answer, _ in METHODS.values()), Failure, Info, *v2.TYPES]
    types.extend(told_types())
    _, components = msgspec.json.schema_components(types, ref_template=REFERENCES)
    components = unspelled_in(components)
    return {
        "openapi": "3.1.0",
        "info": {"title": NAME, "version": VERSION},
        "paths": {**_typed(), **invocations.described(EXAMPLE), **v2.described(EXAMPLE)},
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
    }


def text() -> str:
    """The document as text, with sorted keys and a line break at its end."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _typed() -> dict[str, object]:
    """The service's own routes."""
    failed = reference(Failure)
    shown = get("info", "What is served, and by what", reference(Info), {"401": failed, "503": failed})
    return {
        **{f"/{name}": {"post": _method(name, *method)} for name, method in METHODS.items()},
        "/healthz": {"get": get("healthz", "Whether the process lives", OBJECT, {})},
        "/readyz": {"get": get("readyz", "Whether the model is loaded", OBJECT, {"503": failed})},
        "/info": {"get": {**shown, "security": SECURITY}},
    }


def _method(name: str, answer: type, summary: str) -> dict[str, object]:
    examples = {"row": {"value": EXAMPLE}, "rows": {"value": [EXAMPLE, EXAMPLE]}} if EXAMPLE else {}
    rows = {"application/json": {"schema": _one_or_many(Row), "examples": examples}}
    rows |= UPLOADS
    answers = {"application/json": {"schema": _one_or_many(answer)}}
    answers |= told_answers(name, answer)
    described = post(name, summary, rows, answers, reference(Failure))
    described["parameters"] = query_params(name)
    responses = described["responses"]
    assert isinstance(responses, dict)
    return {**described, "responses": {**responses, "422": response(INVALID, reference(Failure))}}


def told_answers(name: str, answer: type) -> dict[str, dict[str, dict[str, object]]]:
    """What a method answers that may be told of parameters."""
    return {"application/json": {"schema": {"anyOf": [*map(_one_or_many, (answer, *told_types(name)))]}}}


def _one_or_many(struct: type) -> dict[str, object]:
    return {"oneOf": [reference(struct), {"type": "array", "items": reference(struct)}]}
