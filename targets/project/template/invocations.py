"""MLflow's scoring protocol, which SageMaker's is a part of: POST /invocations, GET /ping, /health and /version.

See https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally and
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from typing import Any  # a body's values have any type until the columns' types are known

import msgspec

from . import info
from .describing import OBJECT, example, get, post
from .images import TOLD
from .problems import Problem, Rejected
from .schema import Row
from .tabular import COLUMNS, POSITIONAL, by_column, by_name, by_position, cell, decode, plain, rows
from .web import JSON, Answer, Call, Operation, Request

METHOD = "predict"
CSV = "text/csv"
TEXT = "text/plain; charset=utf-8"
CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}


# The parameters that the model's signature names, each with its type and its default.
PARAMS: dict[str, tuple[Any, object]] = {"temperature": (float, 1.0)}
# Those that MLflow tells the model of, each with the value that it is served with, since here it is told of none.
PARAMS_SERVED: dict[str, object] = {}


class Split(msgspec.Struct, forbid_unknown_fields=True):
    """A table as its rows and the names of its columns; the index says nothing to a model."""

    data: list[Any]
    columns: list[str | int] | None = None
    index: Any = None


class Body(msgspec.Struct):
    """Exactly one of the four, and parameters; unknown keys are not looked at."""

    dataframe_split: Split | msgspec.UnsetType = msgspec.UNSET
    dataframe_records: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    instances: list[Any] | msgspec.UnsetType = msgspec.UNSET
    inputs: list[Any] | dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    params: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(Body)


def operations() -> dict[str, Operation]:
    """What is asked with POST, by path."""
    return {"/invocations": Operation(call, (JSON, CSV), told)}


def pages(ready: Callable[[], Answer]) -> dict[str, Callable[[], Answer]]:
    """What is asked with GET, by path."""
    return {"/ping": ready, "/health": ready, "/version": version}


def described(row: Mapping[str, object]) -> dict[str, object]:
    """The routes as OpenAPI describes them, with a row as the example."""
    problem = _object({"error_code": {"type": "string"}, "message": {"type": "string"}})
    rows = {"type": "array", "items": OBJECT}
    tables: dict[str, object] = {
        "dataframe_split": _object({"data": {"type": "array"}}),
        "dataframe_records": rows,
        "instances": {"type": "array"},
        "inputs": {"type": ["array", "object"]},
    }
    schema: dict[str, object] = {"oneOf": [_object({name: table}) for name, table in tables.items()]}
    split: dict[str, object] = {"dataframe_split": {"columns": [*row], "data": [[*row.values()]]}} if row else {}
    if PARAMS:
        schema["properties"] = {"params": {"type": "object", "properties": described_params()}}
    if split and (params := required_params()):
        split["params"] = params
    body = {JSON: {"schema": schema, **example(split)}, CSV: {"schema": {"type": "string"}}}
    answers = {JSON: {"schema": _object({"predictions": {"type": "array"}})}}
    said = {"description": "Which deployc.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    shown = {"operationId": "version", "summary": "What serves the model", "responses": {"200": said}}
    asked = post("invocations", "What the model predicts, as MLflow says it", body, answers, problem)
    asked |= TOLD
    return {
        "/invocations": {"post": asked},
        "/ping": {"get": get("ping", "Whether the model is loaded", OBJECT, {"503": OBJECT})},
        "/health": {"get": get("health", "Whether the model is loaded", OBJECT, {"503": OBJECT})},
        "/version": {"get": shown},
    }


def version() -> Answer:
    """What serves the model, where MLflow says its own version."""
    return Answer(f"deployc {info.build().deployc}".strip().encode(), content_type=TEXT)


def call(request: Request) -> Call:
    """What the body asks; Rejected names the column that does not fit."""
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    return Call(METHOD, read_csv(request.body) if kind == CSV else read_json(request.body), answered)


def answered(answers: Sequence[msgspec.Struct]) -> Answer:
    """The answers as MLflow's server gives them; a number that is not finite is null."""
    return Answer(msgspec.json.encode({"predictions": [plain(answer) for answer in answers]}))


def told(status: int, problem: Problem) -> Answer:
    """A failure in MLflow's form, for which any mistake in a body is a bad request."""
    message = f"{problem.message} - at `{problem.field}`" if problem.field else problem.message
    body = {"error_code": CODES.get(status, "BAD_REQUEST"), "message": message}
    return Answer(msgspec.json.encode(body), 400 if status == 422 else status)


def read_json(body: bytes) -> list[Row]:
    """The rows of a JSON object that has one of MLflow's four tables."""
    found = decode(body, _decoder)
    split, records, instances, inputs = found.dataframe_split, found.dataframe_records, found.instances, found.inputs
    if sum(table is not msgspec.UNSET for table in (split, records, instances, inputs)) != 1:
        message = "give exactly one of dataframe_split, dataframe_records, instances and inputs"
        raise Rejected(400, "invalid-body", message)
    check_params(found.params or {})
    if isinstance(split, Split):
        return rows(_split(split))
    if isinstance(records, list):
        return rows(records)
    if isinstance(inputs, dict):
        return rows(by_column(inputs))
    return rows(_listed(inputs if isinstance(inputs, list) else instances))


def check_params(given: Mapping[str, object]) -> None:
    """Rejected where a parameter is not of its type, or it or its default asks for what is not served; others are not
    looked at.
    """
    for name, (kind, default) in PARAMS.items():
        try:
            value = msgspec.convert(given[name], kind) if name in given else default
        except msgspec.ValidationError as error:
            raise Rejected(400, "invalid-body", str(error)[:300], f"params.{name}") from None
        if name in PARAMS_SERVED and value not in (None, PARAMS_SERVED[name]):
            only = msgspec.json.encode(PARAMS_SERVED[name]).decode()
            raise Rejected(400, "invalid-body", f"the model is served with {only} alone", f"params.{name}")


def described_params() -> dict[str, object]:
    """The parameters as JSON Schema has them."""
    return {name: {**msgspec.json.schema(kind), "default": default} for name, (kind, default) in PARAMS.items()}


def required_params() -> dict[str, object]:
    """What a request has to say, since the signature's default is not what is served."""
    return {
        name: value for name, value in PARAMS_SERVED.items() if name in PARAMS and PARAMS[name][1] not in (None, value)
    }


def read_csv(body: bytes) -> list[Row]:
    """The rows of a CSV file, whose first line has the columns' names."""
    check_params({})
    try:
        lines = [line for line in csv.reader(StringIO(body.decode(), newline=""), strict=True) if line]
    except (csv.Error, UnicodeDecodeError) as error:
        raise Rejected(400, "invalid-body", f"the body is not CSV: {error}"[:300]) from None
    if not lines:
        raise Rejected(400, "invalid-body", "the body has no line with the columns' names")
    records = by_name(lines[0], lines[1:])
    return rows([{name: cell(name, text) for name, text in record.items()} for record in records], strict=False)


def _object(properties: dict[str, object]) -> dict[str, object]:
    """The schema of an object that has to have these properties, and may have others."""
    return {"type": "object", "required": [*properties], "properties": properties}


def _split(table: Split) -> list[dict[str, Any]]:
    """The records of a table whose columns have names; an array's columns may have any."""
    names = None if table.columns is None else [str(name) for name in table.columns]
    if names is None or (POSITIONAL and not set(COLUMNS) <= set(names)):
        return by_position(table.data)
    return by_name(names, table.data)


def _listed(data: object) -> list[dict[str, Any]]:
    """The records of a list, which has either objects or lists."""
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return data
    return by_position(data)
