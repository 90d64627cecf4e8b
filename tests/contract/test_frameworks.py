"""Every framework serves the same: the same requests get the same answers, the same errors, the same documentation."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from struct import pack

import pytest
import uv
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.schema.config import Image
from deployc.targets.project import openapi_command
from deployc.targets.project.catalog import facts, known
from deployc.targets.project.features import REQUIREMENTS
from deployc.targets.project.needs import BASE, IMAGES

from ..targets.project.space import PNG, config, files
from .booting import Booted, booted

pytestmark = pytest.mark.slow

BRIGHTNESS = """
import numpy as np

class Model:
    def __init__(self, path): ...
    def predict(self, rows): return [np.array(row.tensor, dtype="float64").sum().item() for row in rows]
"""
ECHO = ModelSpec(
    flavor="sklearn",
    class_name="tests.Echo",
    methods=("predict",),
    inputs=(Column(name="number", type="double"), Column(name="act", type="string", optional=True)),
    file="model.joblib",
    serializer="joblib",
)
LIMIT = 200_000
Boot = Callable[..., AbstractContextManager[Booted]]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with all frameworks, and nothing of deployc."""
    folder = tmp_path_factory.mktemp("env") / "venv"
    wanted = [*BASE, IMAGES, "numpy", *(line for lines in REQUIREMENTS.values() for line in lines)]
    for name in known("frameworks"):
        requirements = facts("frameworks", name)["REQUIREMENTS"]
        assert isinstance(requirements, tuple)
        wanted += requirements
    for arguments in (
        ["venv", "-q", "--python", sys.executable, str(folder)],
        ["pip", "install", "-q", "--python", str(folder / "bin/python"), *wanted],
    ):
        subprocess.run([uv.find_uv_bin(), *arguments], check=True)
    return folder / "bin/python"


@pytest.fixture(scope="module", params=known("frameworks"))
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def project(framework: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is generated for a framework, with the tests' own model in it."""
    echo = Path(__file__).with_name("echo.py").read_text(encoding="utf-8")
    return written(tmp_path_factory.mktemp(framework) / "project", ECHO, framework, echo)


def written(folder: Path, spec: ModelSpec, framework: str, model: str) -> Path:
    """The folder with the project that is generated for a model, whose module of it is another."""
    outputs = (Output(method="predict", type="double"),)
    texts = files(folder.parent, spec, outputs, config(framework=framework))
    for path, text in {**texts, "src/churn/model.py": model}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def boot(python: Path, project: Path, tmp_path: Path) -> Boot:
    return partial(booted, python, project, tmp_path / "signs")


@pytest.fixture(scope="module")
def service(python: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """One process for all tests that leave it as it was."""
    with booted(python, project, tmp_path_factory.mktemp("run") / "signs", max_body_bytes=str(LIMIT)) as running:
        running.sign("load")
        running.until_ready()
        yield running


@pytest.fixture
def loaded(boot: Boot) -> Iterator[Booted]:
    """A process of the test's own."""
    with boot() as running:
        running.sign("load")
        running.until_ready()
        yield running


def error(code: str, message: str, field: str = "") -> dict[str, object]:
    return {"error": {"code": code, "message": message, **({"field": field} if field else {})}}


NOT_JSON = error("unsupported-media-type", "the body cannot be of this type: send `Content-Type: application/json`")
COMPRESSED = error("unsupported-encoding", "the body has to be sent uncompressed")
TOO_LARGE = error("body-too-large", f"the body is longer than {LIMIT} bytes")
REFUSED = error("refused-by-model", "the model does not accept these values")
FAILED = error("internal-error", "the request failed")
MANY = json.dumps([{"number": i} for i in range(8000)]).encode()


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        (b'{"number": 1}', 200, {"prediction": 1.0}),
        (b'[{"number": 1}, {"number": 2.5, "act": null}]', 200, [{"prediction": 1.0}, {"prediction": 2.5}]),
        (b"[]", 200, []),
        (MANY, 200, [{"prediction": float(i)} for i in range(8000)]),
        (b'{"number": "1"}', 422, error("invalid-row", "Expected `float`, got `str`", "number")),
        (b'[{"number": 1}, {}]', 422, error("invalid-row", "Object missing required field `number`", "[1].number")),
        (b'{"number": 1, "x": 1}', 422, error("invalid-row", "Object contains unknown field `x`", "x")),
        (b'{"number": 1, "act": "refuse"}', 422, REFUSED),
        (b'{"number": 1, "act": "fail"}', 500, FAILED),
        (b"", 400, error("invalid-json", "the body is not JSON: Input data was truncated")),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_has_its_answer_in_one_piece_and_in_chunks(
    service: Booted, body: bytes, status: int, answer: object
) -> None:
    for sent in (body, [body[i : i + 1000] for i in range(0, len(body), 1000)]):
        got = service.post(sent)
        assert (got.status, got.json) == (status, answer)
        assert got.headers["content-type"] == "application/json"


@pytest.mark.parametrize("body", [b"{", b"[NaN]", b'{"number": 1}x', b'{"number": 1, "act": "\xff"}'])
def test_what_is_no_json_is_refused(service: Booted, body: bytes) -> None:
    got = service.post(body)
    assert got.status == 400
    assert b'"invalid-json"' in got.body


@pytest.mark.parametrize(
    ("headers", "body", "status", "answer"),
    [
        ({"Content-Type": "text/csv"}, b"a", 415, NOT_JSON),
        ({}, b"{}", 415, NOT_JSON),
        ({"Content-Type": "Application/JSON; charset=utf-8"}, b'{"number": 1}', 200, {"prediction": 1.0}),
        (
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            gzip.compress(b'{"number": 1}'),
            415,
            COMPRESSED,
        ),
        ({"Content-Type": "application/json"}, b" " * (LIMIT + 1), 413, TOO_LARGE),
        ({"Content-Type": "application/json"}, [b" " * 1000] * (LIMIT // 1000) + [b" "], 413, TOO_LARGE),
        ({"Content-Type": "application/json"}, b'{"number": 1}'.ljust(LIMIT), 200, {"prediction": 1.0}),
    ],
    ids=["csv", "no type", "charset", "gzip", "long", "long in chunks", "longest"],
)
def test_only_json_of_a_bounded_length_is_read(
    service: Booted, headers: Mapping[str, str], body: bytes | list[bytes], status: int, answer: object
) -> None:
    got = service.ask("POST", "/predict", body, headers)
    assert (got.status, got.json) == (status, answer)


@pytest.mark.parametrize(
    ("kind", "body", "status", "answer"),
    [
        ("application/json", b'{"inputs": {"number": [1, 2.5]}}', 200, {"predictions": [1.0, 2.5]}),
        ("text/csv; charset=utf-8", b"number,act\n1,\n2.5,\n", 200, {"predictions": [1.0, 2.5]}),
        ("application/json", b'{"inputs": {"number": ["1"]}}', 400, "Expected `float`, got `str` - at `[0].number`"),
        ("application/json", b'{"inputs": [{"number": 1, "act": "refuse"}]}', 400, REFUSED["error"]),
        ("application/json", b'{"inputs": [{"number": 1, "act": "fail"}]}', 500, FAILED["error"]),
        ("application/json", b" " * (LIMIT + 1), 413, TOO_LARGE["error"]),
        ("text/plain", b"", 415, NOT_JSON["error"]),
    ],
)
def test_mlflows_protocol_is_spoken_in_its_own_form(
    service: Booted, kind: str, body: bytes, status: int, answer: object
) -> None:
    got = service.ask("POST", "/invocations", body, {"Content-Type": kind})
    assert got.status == status
    if status == 200:
        assert got.json == answer
    else:
        code = "INTERNAL_ERROR" if status == 500 else "BAD_REQUEST"
        message = answer["message"] if isinstance(answer, dict) else answer
        assert got.json == {"error_code": code, "message": message}


def tensor(name: str, datatype: str, *data: object) -> dict[str, object]:
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": [*data]}


def test_the_open_inference_protocol_is_spoken(service: Booted) -> None:
    body = json.dumps({"id": "7", "inputs": [tensor("number", "FP64", 1, 2.5), tensor("act", "BYTES", "a", None)]})
    for path in ("/v2/models/churn/infer", "/v2/models/churn/versions/1/infer"):
        got = service.ask("POST", path, body.encode(), {"Content-Type": "application/json"})
        assert got.status == 200
        assert got.json == {
            "model_name": "churn",
            "model_version": "1",
            "id": "7",
            "outputs": [tensor("predict", "FP64", 1.0, 2.5)],
        }


def test_the_open_inference_protocol_is_spoken_in_binary(service: Booted) -> None:
    number = {"name": "number", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 16}}
    head = json.dumps({"inputs": [number], "parameters": {"binary_data_output": True}}).encode()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    got = service.ask("POST", "/v2/models/churn/infer", head + pack("<2d", 1, 2.5), headers)
    assert got.status == 200
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.body[int(got.headers["inference-header-content-length"]) :] == pack("<2d", 1, 2.5)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (json.dumps({"inputs": [tensor("x", "FP64", 1)]}).encode(), 400, "tensor `x`: the model takes no such tensor"),
        (json.dumps({"inputs": [tensor("number", "FP64", 1), tensor("act", "BYTES", "fail")]}).encode(), 500, "failed"),
        (b" " * (LIMIT + 1), 413, "the body is longer than"),
    ],
)
def test_the_open_inference_protocol_has_its_own_form_of_errors(
    service: Booted, body: bytes, status: int, message: str
) -> None:
    # A client of Triton's says no type.
    got = service.ask("POST", "/v2/models/churn/infer", body)
    assert got.status == status
    said = json.loads(got.body)
    assert [*said] == ["error"]
    assert message in said["error"]


@pytest.mark.parametrize(
    "path", ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/churn", "/v2/models/churn/versions/1/ready"]
)
def test_the_open_inference_protocol_says_what_is_served(service: Booted, path: str) -> None:
    got = service.ask("GET", path)
    assert got.status == 200
    assert isinstance(got.json, dict)
    assert service.ask("GET", f"{path}/x").status == 404


def test_the_form_of_one_request_is_not_that_of_the_next_on_the_same_connection(service: Booted) -> None:
    connection = HTTPConnection("127.0.0.1", service.port)
    connection.request("POST", "/invocations", b"", {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert "error_code" in json.loads(response.read())
    connection.request("GET", "/nothing")
    assert "error" in json.loads(connection.getresponse().read())
    connection.close()


@pytest.mark.parametrize("path", ["/ping", "/health", "/version"])
def test_mlflow_and_sagemaker_ask_for_its_health(service: Booted, path: str) -> None:
    assert service.ask("GET", path).status == 200


def test_sagemaker_starts_it_with_an_argument_and_asks_for_a_prediction(boot: Boot) -> None:
    with boot(arguments=["serve"]) as running:
        running.sign("load")
        running.until_ready()
        assert running.ask("GET", "/ping").status == 200
        got = running.ask("POST", "/invocations", b"number,act\n1.5,\n", {"Content-Type": "text/csv"})
        assert (got.status, got.json) == (200, {"predictions": [1.5]})


@pytest.mark.parametrize(
    ("verb", "path", "allow"),
    [
        ("GET", "/predict", {"POST"}),
        ("HEAD", "/predict", {"POST"}),
        ("OPTIONS", "/predict", {"POST"}),
        ("DELETE", "/predict", {"POST"}),
        ("QUERY", "/predict", {"POST"}),
        ("QUERY", "/v2/health/ready", {"GET", "HEAD"}),
        ("TRACE", "/invocations", {"POST"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("OPTIONS", "/info", {"GET", "HEAD"}),
    ],
)
def test_another_verb_is_refused(service: Booted, verb: str, path: str, allow: set[str]) -> None:
    got = service.ask(verb, path)
    assert got.status == 405
    assert {word.strip() for word in got.headers["allow"].split(",")} == allow
    if verb != "HEAD":
        assert got.json == error("method-not-allowed", "Method Not Allowed")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/static",
        "/static/",
        "/static/../info",
        "/static/page.html",
        "/predict/",
        "/predict/x",
        "/transform",
        "/Predict",
    ],
)
def test_another_path_is_not_found(service: Booted, path: str) -> None:
    for verb, body in (("GET", None), ("POST", b"{}")):
        got = service.ask(verb, path, body)
        assert (got.status, got.json) == (404, error("not-found", "Not Found"))


def test_health_is_told_with_and_without_a_body(service: Booted) -> None:
    for path, answer in (("/healthz", {"status": "alive"}), ("/readyz", {"status": "ready"})):
        assert service.ask("GET", path).json == answer
        head = service.ask("HEAD", path)
        assert (head.status, head.body) == (200, b"")


def test_it_says_what_it_is(service: Booted) -> None:
    found = service.ask("GET", "/info").json
    assert isinstance(found, dict)
    assert (found["name"], found["methods"]) == ("churn", ["predict"])
    assert all(found["versions"][name] for name in ("python", "msgspec"))


def test_the_documentation_is_the_same(service: Booted, python: Path, project: Path) -> None:
    command = [str(python), "-c", openapi_command("churn")]
    environ = {"PYTHONPATH": str(project / "src"), "SIGNS": "."}
    printed = subprocess.run(command, env=environ, capture_output=True, check=True).stdout
    got = service.ask("GET", "/openapi.json")
    assert got.json == json.loads(printed)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/docs", "text/html"),
        ("/static/page.js", "text/javascript"),
        ("/static/style.css", "text/css"),
    ],
)
def test_the_pages_for_people_are_sent_with_their_policy(service: Booted, path: str, kind: str) -> None:
    page = service.ask("GET", path)
    assert (page.status, page.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert page.headers["x-content-type-options"] == "nosniff"
    head = service.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.fixture(scope="session")
def schemathesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command that looks for what is not true in an OpenAPI document."""
    folder = tmp_path_factory.mktemp("schemathesis") / "venv"
    for arguments in (
        ["venv", "-q", "--python", sys.executable, str(folder)],
        ["pip", "install", "-q", "--python", str(folder / "bin/python"), "schemathesis>=4"],
    ):
        subprocess.run([uv.find_uv_bin(), *arguments], check=True)
    return folder / "bin/schemathesis"


def test_the_documentation_is_true(service: Booted, schemathesis: Path, tmp_path: Path) -> None:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    checks += ",response_headers_conformance,negative_data_rejection,unsupported_method"
    command = [schemathesis, "run", f"http://127.0.0.1:{service.port}/openapi.json", "--checks", checks]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-color"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout


def test_a_request_has_its_id_everywhere(service: Booted) -> None:
    assert service.ask("GET", "/healthz", headers={"X-Request-ID": "a-1:b"}).headers["x-request-id"] == "a-1:b"
    odd = service.ask("GET", "/healthz", headers={"X-Request-ID": "a b"}).headers["x-request-id"]
    new = service.ask("GET", "/nothing").headers["x-request-id"]
    assert len({odd, new, "a b"}) == 3
    got = service.post(b'{"number": 1, "act": "fail"}', **{"X-Request-ID": "failing"})
    assert got.headers["x-request-id"] == "failing"
    lines = [line for line in service.lines() if line.get("request_id") == "failing"]
    (failed,) = [line for line in lines if "traceback" in line]
    assert "secret" in str(failed["traceback"])
    (told,) = [line for line in lines if line["message"] == "request"]
    assert (told["method"], told["path"], told["status"]) == ("POST", "/predict", 500)


def test_answers_never_cross(service: Booted) -> None:
    def one(number: int) -> None:
        body = json.dumps([{"number": number}] * (1 + number % 3)).encode()
        got = service.post(body, **{"X-Request-ID": str(number)})
        assert (got.json, got.headers["x-request-id"]) == ([{"prediction": number}] * (1 + number % 3), str(number))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(300)))


def test_a_request_that_has_begun_is_answered_when_the_service_is_told_to_stop(loaded: Booted) -> None:
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(loaded.post, b'{"number": 7, "act": "hold"}')
        loaded.until_signed("held")
        loaded.process.terminate()
        loaded.sign("release")
        assert begun.result().json == {"prediction": 7.0}
    # A server may end by the signal that it was sent, once it has done all.
    assert loaded.process.wait(60) in (0, -15)
    assert not loaded.ready()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_is_not_ready_before_it_stops_listening(boot: Boot, workers: str) -> None:
    with boot(workers=workers, drain_seconds="3") as running:
        running.sign("load")
        running.until_ready()
        running.until(lambda: running.log.read_text(encoding="utf-8").count('"model loaded"') == int(workers))
        running.process.terminate()
        while (got := running.ask("GET", "/readyz")).status == 200:
            time.sleep(0.01)
        assert (got.status, got.json) == (503, error("stopping", "the service is about to stop"))
        assert running.ask("GET", "/healthz").status == 200
        assert running.post(b'{"number": 1}').json == {"prediction": 1.0}
        assert running.process.wait(60) in (0, -15)


def test_it_is_not_ready_before_the_the_model_is_loaded(boot: Boot) -> None:
    with boot() as running:
        assert not any(running.ready(timeout=0.3) for _ in range(5))
        assert running.process.poll() is None
        running.sign("load")
        running.until_ready()
        assert running.post(b'{"number": 1}').json == {"prediction": 1.0}


def test_a_model_that_cannot_be_loaded_ends_the_service(boot: Boot) -> None:
    with boot() as running:
        running.sign("broken")
        running.sign("load")
        assert running.process.wait(60) > 0
        assert "this model cannot be loaded" in running.log.read_text(encoding="utf-8")


def test_several_processes_start_and_stop_as_one(boot: Boot) -> None:
    with boot(workers="2") as running:
        running.sign("load")
        running.until_ready()
        # A process that is still starting does not listen to signals.
        running.until(lambda: running.log.read_text(encoding="utf-8").count('"model loaded"') == 2)
        for number in range(20):
            assert running.post(b'{"number": %d}' % number).json == {"prediction": float(number)}
        assert running.stop() in (0, -15)
        assert not running.ready()


def test_several_processes_that_are_told_to_stop_while_they_start_end(boot: Boot) -> None:
    with boot(workers="2", shutdown_seconds="1") as running:
        running.until_signed("loading")
        running.process.terminate()
        running.sign("load")
        assert running.process.wait(60) in (0, -15)


def test_a_setting_that_cannot_be_used_ends_it_at_once(boot: Boot) -> None:
    with boot(workers="none") as running:
        assert running.process.wait(60) == 2
        assert "CHURN_WORKERS" in running.log.read_text(encoding="utf-8")


def test_every_line_of_its_log_is_json(loaded: Booted) -> None:
    loaded.post(b'{"number": 1}')
    loaded.stop()
    messages = [line["message"] for line in loaded.logged()]
    assert "model loaded" in messages
    assert "request" in messages


@pytest.mark.parametrize(
    ("rest", "ended"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", False),
        (b"Transfer-Encoding: chunked\r\n\r\nC\r\n", True),
        (b"Content-Length: 12\r\n\r\n", True),
        (b"Content-Length: 12\r\n\r\n{", True),
        (b"Content-Length: -1\r\n\r\n{", False),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{", False),
    ],
    ids=["no chunk", "half a chunk", "no body", "half a body", "negative", "two lengths"],
)
def test_a_body_that_is_not_whole_is_refused_or_its_connection_closed(
    service: Booted, rest: bytes, ended: bool
) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    before = failures(service)
    answered = service.raw(head + rest, ended=ended)
    assert not answered or answered.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answered
    assert service.post(b'{"number": 1}').json == {"prediction": 1.0}
    assert failures(service) == before


def test_an_image_is_a_value_of_json_the_whole_body_or_a_part_of_a_form(
    framework: str, python: Path, tmp_path: Path
) -> None:
    photo = Column(name="tensor", type="float", shape=(1, 2), image=Image())
    spec = replace(ECHO, inputs=(photo,), container="tensor")
    written(tmp_path / "project", spec, framework, BRIGHTNESS)
    with booted(python, tmp_path / "project", tmp_path / "signs") as service:
        service.until_ready()
        assert service.post(json.dumps([{"tensor": {"b64": PNG}}, {"tensor": [[1, 2]]}]).encode()).json == [
            {"prediction": 207.0},
            {"prediction": 3.0},
        ]
        sent = {"Content-Type": "image/png"}
        assert service.ask("POST", "/predict", b64decode(PNG), sent).json == {"prediction": 207.0}
        form = b'--x\r\nContent-Disposition: form-data; name="tensor"\r\n\r\n' + b64decode(PNG) + b"\r\n--x--\r\n"
        sent_as_form = {"Content-Type": "multipart/form-data; boundary=x"}
        assert service.ask("POST", "/predict", form, sent_as_form).json == [{"prediction": 207.0}]
        refused = service.ask("POST", "/predict", b"no image", sent)
        assert refused.status == 422
        assert refused.json == error("invalid-row", "this is no PNG or JPEG image", "tensor")
        images_in_other_protocols(service)


def images_in_other_protocols(service: Booted) -> None:
    score, infer, kind = "/invocations", "/v2/models/churn/infer", {"Content-Type": "application/json"}
    instances = json.dumps({"instances": [PNG, [[1, 2]]]}).encode()
    assert service.ask("POST", score, instances, kind).json == {"predictions": [207.0, 3.0]}
    refused = service.ask("POST", score, b'{"instances": ["AAAA"]}', kind)
    message = "this is no PNG or JPEG image - at `[0].tensor`"
    assert (refused.status, refused.json) == (400, {"error_code": "BAD_REQUEST", "message": message})
    tensor = {"name": "tensor", "datatype": "BYTES", "shape": [1]}
    file = pack("<I", len(b64decode(PNG))) + b64decode(PNG)
    head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": len(file)}}]}).encode()
    length = {"Inference-Header-Content-Length": str(len(head))}
    answers = [
        service.ask("POST", infer, json.dumps({"inputs": [{**tensor, "data": [PNG]}]}).encode(), kind),
        service.ask("POST", infer, head + file, {**length, "Content-Type": "application/octet-stream"}),
    ]
    for answer in answers:
        assert answer.json == {
            "model_name": "churn",
            "model_version": "1",
            "outputs": [{"name": "predict", "shape": [1], "datatype": "FP64", "data": [207.0]}],
        }


def failures(service: Booted) -> int:
    return sum(line.get("status") == 500 for line in service.lines())
