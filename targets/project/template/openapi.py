"""The OpenAPI document, made from the same types that requests are checked with."""

from __future__ import annotations

import json

import msgspec

from .info import NAME, Info
from .problems import Failure
from .schema import Decision, Prediction, Probabilities, Row, Transformed

VERSION = "1.0.0"
EXAMPLE: dict[str, object] = {"number": 1.0}
METHODS: dict[str, tuple[type, str]] = {
    "predict": (Prediction, "What the model predicts"),
    "predict_proba": (Probabilities, "The probability of each class"),
    "decision_function": (Decision, "The model's scores"),
    "transform": (Transformed, "What the model makes of its input"),
}
PROBLEMS = {
    "400": "The body is not JSON.",
    "401": "The API key is missing or wrong.",
    "408": "The body does not arrive in time.",
    "413": "The body is too large.",
    "415": "The body is not declared as JSON.",
    "422": "A row is not what the model takes; the error names the field.",
    "500": "The prediction failed; the log says why, under the request's id.",
    "503": "The model is not loaded, or too many requests are waiting.",
    "504": "There was no answer in time.",
}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def document() -> dict[str, object]:
    """The document as JSON values; the same for the same code."""
    types = [Row, *(answer for answer, _ in METHODS.values()), Failure, Info]
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, object] = {f"/{name}": {"post": _method(name, *method)} for name, method in METHODS.items()}
    paths["/healthz"] = {"get": _get("healthz", "Whether the process lives", {"type": "object"})}
    paths["/readyz"] = {"get": _get("readyz", "Whether the model is loaded", {"type": "object"}, "503")}
    shown = _get("info", "What is served, and by what", _reference(Info))
    shown["security"] = SECURITY
    paths["/info"] = {"get": shown}
    return {
        "openapi": "3.1.0",
        "info": {"title": NAME, "version": VERSION},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY_SCHEMES},
    }


def text() -> str:
    """The document as text, with sorted keys and a line break at its end."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _method(name: str, answer: type, summary: str) -> dict[str, object]:
    examples = {"row": {"value": EXAMPLE}, "rows": {"value": [EXAMPLE, EXAMPLE]}} if EXAMPLE else {}
    rows = {"application/json": {"schema": _one_or_many(Row), "examples": examples}}
    return {
        "operationId": name,
        "summary": summary,
        "security": SECURITY,
        "requestBody": {"description": "A row, or an array of rows.", "required": True, "content": rows},
        "responses": {
            "200": _response("An answer for a row, an array of answers for an array of rows.", _one_or_many(answer)),
            **{status: _response(words, _reference(Failure)) for status, words in PROBLEMS.items()},
        },
    }


def _get(name: str, summary: str, schema: dict[str, object], *problems: str) -> dict[str, object]:
    failures = {status: _response(PROBLEMS[status], _reference(Failure)) for status in problems}
    return {"operationId": name, "summary": summary, "responses": {"200": _response("Yes.", schema), **failures}}


def _response(words: str, schema: dict[str, object]) -> dict[str, object]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _reference(struct: type) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{struct.__name__}"}


def _one_or_many(struct: type) -> dict[str, object]:
    return {"oneOf": [_reference(struct), {"type": "array", "items": _reference(struct)}]}
