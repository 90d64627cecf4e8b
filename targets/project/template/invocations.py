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
from .params import params_property, with_params
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
    schema |= params_property()
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
    if kind == CSV:
        return Call(METHOD, read_csv(request.body), answered)
    body = decode(request.body, _decoder)
    if (method := with_params(METHOD, body.params or {})) != METHOD:
        return Call(method, read_table(body), answered)
    return Call(METHOD, read_table(body), answered)


def answered(answers: Sequence[msgspec.Struct]) -> Answer:
    """The answers as MLflow's server gives them; a number that is not finite is null."""
    return Answer(msgspec.json.encode({"predictions": [plain(answer) for answer in answers]}))


def told(status: int, problem: Problem) -> Answer:
    """A failure in MLflow's form, for which any mistake in a body is a bad request."""
    message = f"{problem.message} - at `{problem.field}`" if problem.field else problem.message
    body = {"error_code": CODES.get(status, "BAD_REQUEST"), "message": message}
    return Answer(msgspec.json.encode(body), 400 if status == 422 else status)


def read_table(found: Body) -> list[Row]:
    """The rows of a JSON object that has one of MLflow's four tables."""
    split, records, instances, inputs = found.dataframe_split, found.dataframe_records, found.instances, found.inputs
    if sum(table is not msgspec.UNSET for table in (split, records, instances, inputs)) != 1:
        message = "give exactly one of dataframe_split, dataframe_records, instances and inputs"
        raise Rejected(400, "invalid-body", message)
    if isinstance(split, Split):
        return rows(_split(split))
    if isinstance(records, list):
        return rows(records)
    if isinstance(inputs, dict):
        return rows(by_column(inputs))
    return rows(_listed(inputs if isinstance(inputs, list) else instances))


def read_csv(body: bytes) -> list[Row]:
    """The rows of a CSV file, whose first line has the columns' names."""
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
