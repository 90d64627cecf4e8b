"""The OpenAPI document of all models: each one's own paths and types, below its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any  # what a document holds has any type that JSON has

import msgspec

from ..template.describing import OBJECT, REFERENCES, SECURITY, get, reference
from ..template.info import NAME
from ..template.openapi import document as model_document
from ..template.problems import Failure
from .about import About

VERSION = "1.0.0"
DOCUMENTS: dict[str, Callable[[], dict[str, object]]] = {"model": model_document}
"""What makes each model's own document."""

MODELS = "/v2/models/"
"""Where the Open Inference Protocol has models by name."""


class Described(msgspec.Struct):
    """What a model's own document says of it."""

    paths: dict[str, dict[str, dict[str, Any]]]
    components: dict[str, dict[str, Any]]


def document() -> dict[str, object]:
    """The document as JSON values; the same for the same code."""
    _, schemas = msgspec.json.schema_components([About, Failure], ref_template=REFERENCES)
    schemes: dict[str, object] = {}
    paths: dict[str, object] = _own()
    for name, of_model in DOCUMENTS.items():
        described = msgspec.convert(of_model(), Described)
        schemas |= {f"{name}.{kind}": _referring(each, name) for kind, each in described.components["schemas"].items()}
        schemes |= described.components.get("securitySchemes", {})
        paths |= dict(_placed(name, described.paths))
    return {
        "openapi": "3.1.0",
        "info": {"title": NAME, "version": VERSION},
        "paths": paths,
        "components": {"schemas": schemas, **({"securitySchemes": schemes} if schemes else {})},
    }


def text() -> str:
    """The document as text, with sorted keys and a line break at its end."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _own() -> dict[str, object]:
    """The routes that are no model's."""
    failed = reference(Failure)
    shown = get("info", "What is served, and by what", reference(About), {"401": failed, "503": failed})
    return {
        "/healthz": {"get": get("healthz", "Whether the process lives", OBJECT, {})},
        "/readyz": {"get": get("readyz", "Whether all models are loaded", OBJECT, {"503": failed})},
        "/info": {"get": {**shown, "security": SECURITY}},
    }


def _placed(name: str, paths: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[tuple[str, object]]:
    """A model's paths where the service has them, without those that a protocol asks of a whole server."""
    for path, operations in paths.items():
        if path.startswith("/v2") and not path.startswith(MODELS):
            continue
        place = path if path.startswith(MODELS) else f"/{name}{path}"
        yield place, {verb: _operation(name, operation) for verb, operation in operations.items()}


def _operation(name: str, operation: Mapping[str, Any]) -> object:
    described = {**operation, "operationId": f"{name}-{operation['operationId']}", "tags": [name]}
    return _referring(described, name)


def _referring(value: object, name: str) -> object:
    """A part of a model's document with what it refers to among the types below the model's name."""
    match value:
        case {"$ref": str(place), **others}:
            return {**others, "$ref": place.replace(REFERENCES.format(name=""), REFERENCES.format(name=f"{name}."))}
        case dict():
            return {key: _referring(each, name) for key, each in value.items()}
        case list():
            return [_referring(each, name) for each in value]
    return value
