"""The Open Inference Protocol, which KServe, Triton and MLServer speak as V2: what the model is, and POST .../infer.

See https://github.com/open-inference/open-inference-protocol/blob/main/specification/protocol/inference_rest.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any  # parameters have any values

import msgspec

from . import info
from .describing import OBJECT, example, get, post, reference
from .images import AS_IMAGES, TOLD, are_images
from .params import with_parameters
from .problems import Problem, Rejected
from .schema import Row
from .tabular import COLUMNS, SHAPE, by_column, by_name, decode, plain, rows
from .tensors import BINARY, PICTURED, Tensor, nested, packed, read, wrong
from .web import JSON, Answer, Call, Operation, Request

METHOD = "predict"
INPUTS: dict[str, str] = {
    "number": "FP64",
    "some text": "BYTES",
    "count": "INT32",
    "big": "INT64",
    "small": "FP32",
    "when": "BYTES",
}
"""The datatype of each column."""
OUTPUTS: dict[str, tuple[str, list[int]]] = {
    "predict": ("BYTES", [-1]),
    "predict_proba": ("FP64", [-1, 2]),
    "decision_function": ("FP64", [-1]),
    "transform": ("FP64", [-1, 1]),
}
"""The datatype and the shape of what each method answers; -1 is the number of rows."""

SHAPES = f"[{', '.join(('n', *map(str, SHAPE)))}]" if SHAPE else "[n] or [n, 1]"
VERSION = "1"
BYTES = "application/octet-stream"
HEADER = "Inference-Header-Content-Length"
MODEL = f"/v2/models/{info.NAME}"
PATHS = (MODEL, f"{MODEL}/versions/{VERSION}")
STATIC = ("/v2", "/v2/health/live", *PATHS)
READY = ("/v2/health/ready", *(f"{path}/ready" for path in PATHS))
SUMMARY = "What the model predicts, as the Open Inference Protocol says it"
PROBLEM = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
LENGTH = {"name": HEADER, "in": "header", "schema": {"type": "integer", "minimum": 0}}


class Output(msgspec.Struct):
    """A method that is asked for."""

    name: str
    parameters: dict[str, Any] = {}


class Inference(msgspec.Struct):
    """What is asked, without the tensors' values that follow in binary."""

    inputs: list[Tensor]
    id: str = ""
    parameters: dict[str, Any] = {}
    outputs: list[Output] = []


TYPES = (Inference,)
"""What the description of the routes refers to."""

_decoder = msgspec.json.Decoder(Inference)


def operations() -> dict[str, Operation]:
    """What is asked with POST, by path; a client of Triton's sends no media type."""
    return {f"{path}/infer": Operation(call, (JSON, BYTES, ""), told) for path in PATHS}


def pages(ready: Callable[[], Answer]) -> dict[str, Callable[[], Answer]]:
    """What is asked with GET, by path; `ready` raises Rejected as long as the model is not loaded."""
    state = {"name": info.NAME, "ready": True}
    return {
        "/v2": partial(_json, {"name": info.NAME, "version": VERSION, "extensions": ["binary_tensor_data"]}),
        "/v2/health/live": partial(_json, {"live": True}),
        "/v2/health/ready": partial(_when, ready, {"ready": True}),
        **{path: partial(_json, metadata()) for path in PATHS},
        **{f"{path}/ready": partial(_when, ready, state) for path in PATHS},
    }


def described(row: Mapping[str, object]) -> dict[str, object]:
    """The routes as OpenAPI describes them, with a row as the example."""
    found: dict[str, object] = {
        path: {"get": get(_name(path), "Open Inference Protocol", OBJECT, {})} for path in STATIC
    }
    found |= {path: {"get": get(_name(path), "Whether the model is loaded", OBJECT, {"503": OBJECT})} for path in READY}
    given = {name: value for name, value in row.items() if value is not None}
    tensors = [{"name": n, "shape": [1, *SHAPE], "datatype": INPUTS[n], "data": [value]} for n, value in given.items()]
    for path in PATHS:
        asked = post(_name(f"{path}/infer"), SUMMARY, _body({"inputs": tensors} if tensors else None), _body(), PROBLEM)
        asked |= TOLD
        found[f"{path}/infer"] = {"post": {**asked, "parameters": [LENGTH]}}
    return found


def _body(shown: object = None) -> dict[str, object]:
    """A body in JSON, or in binary after JSON."""
    schema = reference(Inference) if shown else OBJECT
    return {JSON: {"schema": schema, **example(shown)}, BYTES: {"schema": {"type": "string", "format": "binary"}}}


def _name(path: str) -> str:
    """An operation's name, which has to be a word."""
    return path.strip("/").replace("/", "_").replace("-", "_")


def metadata() -> dict[str, object]:
    """The model's tensors; all numbers may come as one tensor of two dimensions instead, whatever its name is."""
    inputs: list[dict[str, object]] = [
        {"name": name, "datatype": datatype, "shape": [-1, *SHAPE]} for name, datatype in INPUTS.items()
    ]
    inputs = [{**each, "parameters": AS_IMAGES} if each["name"] == PICTURED else each for each in inputs]
    outputs = [{"name": name, "datatype": kind, "shape": shape} for name, (kind, shape) in OUTPUTS.items()]
    platform = {"name": info.NAME, "versions": [VERSION], "platform": info.FLAVOR}
    return {**platform, "inputs": inputs, "outputs": outputs}


def call(request: Request) -> Call:
    """What the body asks; Rejected names the tensor or the column that does not fit."""
    head, tail = _parts(request)
    body = decode(head, _decoder)
    wanted = body.outputs or [Output(METHOD)]
    for output in wanted:
        if output.name not in OUTPUTS:
            known = ", ".join(OUTPUTS)
            raise Rejected(400, "invalid-body", f"the model has no output `{output.name}`, but {known}"[:300])
    if len({output.name for output in wanted}) != len(wanted):
        raise Rejected(400, "invalid-body", "an output is asked for twice")
    return _asking(body, wanted, rows(_records(body.inputs, read(body.inputs, tail))), [])


def told(status: int, problem: Problem) -> Answer:
    """A failure in the protocol's form, in which the client's mistakes are bad requests."""
    message = f"{problem.message} - at `{problem.field}`" if problem.field else problem.message
    return Answer(msgspec.json.encode({"error": message}), 400 if status == 422 else status)


def _asking(body: Inference, wanted: Sequence[Output], given: list[Row], found: list[list[object]]) -> Call:
    """The call for the next of the outputs, after those whose values were found."""

    def answered(answers: Sequence[msgspec.Struct]) -> Answer | Call:
        values = [*found, [plain(answer) for answer in answers]]
        return _answer(body, wanted, values) if len(values) == len(wanted) else _asking(body, wanted, given, values)

    method = wanted[len(found)].name
    method = with_parameters(method, body.parameters)
    return Call(method, given, answered)


def _answer(body: Inference, wanted: Sequence[Output], found: list[list[object]]) -> Answer:
    """The answer to the whole request: JSON, and after it what was asked for in binary."""
    described, tail = [], b""
    binary = bool(body.parameters.get("binary_data_output"))
    for output, values in zip(wanted, found, strict=True):
        tensor, flat = _tensor(output.name, values)
        if output.parameters.get("binary_data", binary):
            data = packed(flat, str(tensor["datatype"]))
            described.append({**tensor, "parameters": {BINARY: len(data)}})
            tail += data
        else:
            described.append({**tensor, "data": flat})
    head = {"model_name": info.NAME, "model_version": VERSION, **({"id": body.id} if body.id else {})}
    text = msgspec.json.encode({**head, "outputs": described})
    return Answer(text + tail, 200, BYTES, ((HEADER, str(len(text))),)) if tail else Answer(text)


def _tensor(name: str, values: list[object]) -> tuple[dict[str, object], list[object]]:
    """How a method's answers are described, and their values row by row."""
    datatype, (_, *inner) = OUTPUTS[name]
    flat = [value for row in values for value in (row if isinstance(row, list) else [row])]
    datatype, inner, flat = reshaped(datatype, inner, values)
    return {"name": name, "shape": [len(values), *inner], "datatype": datatype}, flat


def reshaped(datatype: str, inner: list[int], values: list[object]) -> tuple[str, list[int], list[object]]:
    """The datatype, shape and values of answers that parameters may have given another type and shape than others."""
    shape: list[int] = []
    flat = values
    while flat and isinstance(flat[0], list):
        shape.append(len(flat[0]))
        flat = [value for row in flat if isinstance(row, list) for value in row]
    floats = any(isinstance(value, float) for value in flat) and datatype not in ("FP32", "FP64")
    return ("FP64" if floats else datatype), (shape if flat else inner), flat


def _records(tensors: Sequence[Tensor], found: Sequence[list[object]]) -> list[dict[str, object]]:
    """The rows: of a tensor for each column, or of one tensor whose second dimension is the columns."""
    if len(tensors) == 1 and len(COLUMNS) > 1 and tensors[0].shape[1:] == [len(COLUMNS)]:
        cells = iter(found[0])
        return by_name(COLUMNS, [[*row] for row in zip(*[cells] * len(COLUMNS), strict=True)])
    columns: dict[str, object] = {}
    for tensor, values in zip(tensors, found, strict=True):
        if tensor.name not in INPUTS:
            whole = f"one for all columns has the shape [n, {len(COLUMNS)}]"
            raise wrong(tensor.name, f"the model takes no such tensor; {whole}")
        if tensor.name in columns:
            raise wrong(tensor.name, "it is there twice")
        if are_images(tensor):
            columns[tensor.name] = values
            continue
        if not tensor.shape or tensor.shape[1:] not in ([SHAPE] if SHAPE else ([], [1])):
            raise wrong(tensor.name, f"its shape has to be {SHAPES}, not {tensor.shape}")
        columns[tensor.name] = nested(values, SHAPE)
    return by_column(columns)


def _parts(request: Request) -> tuple[bytes, bytes]:
    """The JSON, and the binary that follows it where a header says how long the JSON is."""
    length = request.header(HEADER.lower())
    if not length:
        return request.body, b""
    if not (length.isdecimal() and length.isascii() and len(length) < 16 and int(length) <= len(request.body)):
        raise Rejected(400, "invalid-body", f"{HEADER} is not a length within the body")
    return request.body[: int(length)], request.body[int(length) :]


def _json(value: dict[str, object]) -> Answer:
    return Answer(msgspec.json.encode(value))


def _when(ready: Callable[[], Answer], value: dict[str, object]) -> Answer:
    ready()
    return _json(value)
