"""What the description of each protocol's routes is put together from, as OpenAPI 3.1 says it."""

from __future__ import annotations

from collections.abc import Mapping

REFERENCES = "#/components/schemas/{name}"
OBJECT: dict[str, object] = {"type": "object"}
PROBLEMS = {
    "400": "The body is not what this route takes.",
    "401": "The API key is missing or wrong.",
    "408": "The body does not arrive in time.",
    "413": "The body is too large.",
    "415": "The body is of a type that this route does not read.",
    "500": "The prediction failed; the log says why, under the request's id.",
    "503": "The model is not loaded, or too many requests are waiting.",
    "504": "There was no answer in time.",
}
"""What can become of any request with a body, by status."""
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
"""Any of these will do."""


def post(
    name: str, summary: str, body: Mapping[str, object], answers: Mapping[str, object], problem: object
) -> dict[str, object]:
    """An operation: its body and its answers, each by media type, and the schema of what is said of a failure."""
    return {
        "operationId": name,
        "summary": summary,
        "security": SECURITY,
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {"description": "The model's answers.", "content": answers},
            **{status: response(words, problem) for status, words in PROBLEMS.items()},
        },
    }


def get(name: str, summary: str, schema: object, problems: Mapping[str, object]) -> dict[str, object]:
    """A page of JSON; `problems` are the schemas of what is said of failures, by status."""
    failures = {status: response(PROBLEMS[status], schema) for status, schema in problems.items()}
    return {"operationId": name, "summary": summary, "responses": {"200": response("Yes.", schema), **failures}}


def response(words: str, schema: object) -> dict[str, object]:
    """An answer in JSON."""
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def reference(struct: type) -> dict[str, object]:
    """The schema of a type that is among the components."""
    return {"$ref": REFERENCES.format(name=struct.__name__)}


def example(value: object) -> dict[str, object]:
    """What stands beside a schema for one example; nothing where none is known."""
    return {"examples": {"example": {"value": value}}} if value else {}
