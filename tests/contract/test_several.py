"""Several models behind one service, run with each web framework: the same paths, answers and errors."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.hooks.modules import on_disk
from deployc.compiler.hooks.read import read
from deployc.compiler.model_spec import Column, Output
from deployc.schema.composed import Feed
from deployc.schema.config import Hooks, PayloadLog
from deployc.targets import project as generated
from deployc.targets.project.part import Part
from prometheus_client.parser import text_string_to_metric_families

from ..targets.project.space import config
from .booting import Booted, booted
from .collector import Collector, collecting
from .test_frameworks import ECHO, error, framework, python

pytestmark = pytest.mark.slow
__all__ = ["framework", "python"]
MODELS = ("one", "the-other")
HOOKED, FED, TWICE = "hooked", "fed", "twice"
TENFOLD = replace(ECHO, inputs=(Column(name="risk", type="double"), *ECHO.inputs[1:]))
OUTPUTS = (Output(method="predict", type="double"),)
HOOKS = """\
import asyncio
from dataclasses import dataclass


@dataclass
class Asked:
    half: float


@dataclass
class Made:
    number: float


@dataclass
class Said:
    whole: float


async def pre(row: Asked) -> Made:
    await asyncio.sleep(0)
    if row.half < 0:
        raise ValueError("no halves below 0")
    return Made(number=row.half * 2)


def post(prediction: float) -> Said:
    return Said(whole=prediction)
"""


@pytest.fixture(scope="module")
def collector(framework: str) -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture(scope="module")
def service(
    python: Path, framework: str, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Booted]:
    """Models of the tests' own, one behind hooks, one fed by another; all requests are logged and traced."""
    folder = tmp_path_factory.mktemp(framework)
    cas, echo = Cas(folder / "cas"), Path(__file__).with_name("echo.py").read_text(encoding="utf-8")
    logged = PayloadLog(sample=1, path=str(folder / "payloads.jsonl"))
    deploy = config(framework=framework, payload_log=logged, telemetry=True)
    parts = {name: Part(spec=ECHO, outputs=OUTPUTS, config=deploy) for name in MODELS}
    (folder / "own.py").write_text(HOOKS, encoding="utf-8")
    hooks = read("own", on_disk(folder), ())
    parts[HOOKED] = Part(spec=ECHO, outputs=OUTPUTS, config=config(hooks=Hooks(module="own")), hooks=hooks)
    parts[FED] = Part(spec=TENFOLD, outputs=OUTPUTS, config=deploy, feeds={"risk": Feed("one", "predict")})
    parts[TWICE] = replace(parts[FED], feeds={"risk": Feed(FED, "predict")})
    cas.materialise(generated.compose(parts=parts, config=deploy, cas=cas), folder / "project")
    (folder / "own.py").rename(folder / "project/src/own.py")
    for package in ("one", "the_other", HOOKED, FED, TWICE):
        text = echo.replace("Row", "Features") if package in (HOOKED, FED, TWICE) else echo
        text = text.replace("row.number for", "row.risk * 10 for") if package in (FED, TWICE) else text
        (folder / f"project/src/churn/{package}/model.py").write_text(text, encoding="utf-8")
    sent = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with booted(python, folder / "project", folder / "signs", sent) as running:
        running.sign("load")
        running.until_ready()
        yield running


def post(service: Booted, path: str, body: bytes) -> tuple[int, object]:
    found = service.ask("POST", path, body, {"Content-Type": "application/json"})
    return found.status, found.json


@pytest.mark.parametrize("name", MODELS)
def test_each_answers_below_its_name(service: Booted, name: str) -> None:
    assert post(service, f"/{name}/predict", b'{"number": 2}') == (200, {"prediction": 2.0})
    rows = b'{"dataframe_records": [{"number": 3}]}'
    assert post(service, f"/{name}/invocations", rows) == (200, {"predictions": [3.0]})
    assert service.ask("GET", f"/v2/models/{name}/ready").json == {"name": name, "ready": True}
    assert service.ask("GET", f"/{name}/page").status == 200


@pytest.mark.parametrize("name", MODELS)
def test_what_one_refuses_is_told_as_by_a_service_of_its_own(service: Booted, name: str) -> None:
    wrong = error("invalid-row", "Expected `float`, got `str`", "number")
    assert post(service, f"/{name}/predict", b'{"number": "2"}') == (422, wrong)
    assert post(service, f"/{name}/predict", b'{"number": 1, "act": "refuse"}')[0] == 422
    assert post(service, f"/{name}/predict", b'{"number": 1, "act": "fail"}')[0] == 500


def test_one_answers_through_its_hooks(service: Booted) -> None:
    assert post(service, "/hooked/predict", b'[{"half": 2}, {"half": 1.5}]') == (200, [{"whole": 4.0}, {"whole": 3.0}])
    assert post(service, "/hooked/predict", b'{"number": 2}')[0] == 422
    refused = error("refused-by-hook", "no halves below 0")
    assert post(service, "/hooked/predict", b'{"half": -1}') == (422, refused)
    for path in ("/hooked/invocations", "/v2/models/hooked/infer"):
        assert post(service, path, b'{"dataframe_records": [{"number": 3}]}')[0] == 404, "no way leads past the hooks"


def test_one_takes_what_another_answers_to_the_same_row(service: Booted) -> None:
    assert post(service, "/fed/predict", b'{"number": 2}') == (200, {"prediction": 20.0})
    rows = b'[{"number": 1}, {"number": 2, "act": null}, {"number": 3}]'
    assert post(service, "/fed/predict", rows) == (200, [{"prediction": 10.0 * n} for n in (1, 2, 3)])
    assert post(service, "/fed/predict", b"[]") == (200, [])
    assert post(service, "/fed/predict", b'{"number": 2, "risk": 2}')[0] == 422
    assert post(service, "/fed/predict", b'{"number": 1, "act": "refuse"}')[0] == 422
    assert post(service, "/fed/predict", b'{"number": 1, "act": "fail"}')[0] == 500


def test_other_protocols_ask_it_with_the_columns_of_requests_too(service: Booted) -> None:
    rows = b'{"dataframe_split": {"columns": ["number", "act"], "data": [[3, null], [4, null]]}}'
    for name, times in ((FED, 10), (TWICE, 100)):
        assert post(service, f"/{name}/invocations", rows) == (200, {"predictions": [3.0 * times, 4.0 * times]})
        tensor = {"name": "number", "datatype": "FP64", "shape": [2], "data": [3, 4]}
        status, answer = post(service, f"/v2/models/{name}/infer", json.dumps({"inputs": [tensor]}).encode())
        assert status == 200, answer
        assert isinstance(answer, dict)
        assert answer["outputs"][0]["data"] == [3.0 * times, 4.0 * times]
        inputs = json.loads(service.ask("GET", f"/v2/models/{name}").body)["inputs"]
        assert "risk" not in {each["name"] for each in inputs}
    taken = b'{"dataframe_records": [{"number": 3, "act": "refuse"}]}'
    status, answer = post(service, "/fed/invocations", taken)
    assert status == 400
    assert isinstance(answer, dict)
    assert answer["error_code"] == "BAD_REQUEST"


def test_a_file_is_scored_with_all_that_one_takes(service: Booted, python: Path) -> None:
    environ = {"SIGNS": str(service.signs), "PYTHONPATH": str(service.signs.parent / "project/src")}
    command = [python, "-m", "churn.twice.score", "-", "-", "--from", "jsonl", "--to", "jsonl"]
    rows = b'{"number": 2}\n{"number": 3, "act": "refuse"}\n{"number": 4}\n'
    done = subprocess.run(command, input=rows, capture_output=True, env=environ)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, lines) == (3, [{"row": 1, "prediction": 200.0}, {"row": 3, "prediction": 400.0}])


def test_what_one_takes_of_another_may_be_made_of_what_a_third_answers(service: Booted) -> None:
    assert post(service, "/twice/predict", b'[{"number": 2}, {"number": 3}]') == (
        200,
        [{"prediction": 200.0}, {"prediction": 300.0}],
    )


def test_no_model_answers_without_its_name(service: Booted) -> None:
    for path in ("/predict", "/invocations", "/third/predict", "/v2/models/third/infer"):
        assert post(service, path, b'{"number": 2}')[0] == 404, path


def test_the_service_tells_of_all(service: Booted) -> None:
    told = service.ask("GET", "/info").json
    assert isinstance(told, dict)
    assert [*told["models"]] == [*MODELS, HOOKED, FED, TWICE]
    document = json.loads(service.ask("GET", "/openapi.json").body)
    assert {f"/{name}/predict" for name in MODELS} <= set(document["paths"])
    assert all(name in service.ask("GET", "/").body.decode() for name in MODELS)


def test_the_rows_that_each_is_asked_for_are_counted_by_its_name(service: Booted) -> None:
    before = rows_asked(service)
    for number, name in enumerate(MODELS, 1):
        post(service, f"/{name}/predict", json.dumps([{"number": 1}] * number).encode())
    after = rows_asked(service)
    assert [after[name] - before[name] for name in MODELS] == [1, 2]
    assert service.ask("GET", f"/{MODELS[0]}/metrics").status == 404


def rows_asked(service: Booted) -> dict[str, float]:
    """How many rows each model was asked for until now."""
    families = text_string_to_metric_families(service.ask("GET", "/metrics").body.decode())
    samples = (sample for family in families for sample in family.samples)
    return {sample.labels["name"]: sample.value for sample in samples if sample.name == "model_batch_rows_sum"}


def test_all_stop_together_and_one_log_and_one_trace_say_what_each_was_asked(
    service: Booted, collector: Collector
) -> None:
    """The last of them: the process is gone afterwards."""
    post(service, f"/{HOOKED}/predict", b'[{"half": 2}, {"half": 1.5}]')
    for name in MODELS:
        post(service, f"/{name}/predict", b'{"number": 1, "act": "refuse"}')
    for number, name in enumerate(MODELS):
        post(service, f"/{name}/predict", b'{"number": 4%d}' % number)
    assert service.stop() in (0, -15)
    lines = (service.signs.parent / "payloads.jsonl").read_text(encoding="utf-8").splitlines()
    logged = [line for line in map(json.loads, lines) if line["rows"]]
    found = [(line["name"], line["rows"][0], line["answers"], line["status"]) for line in logged]
    asked = [(name, answers, status) for name, _, answers, status in found]
    assert asked[-2:] == [(name, [{"prediction": 40.0 + i}], 200) for i, name in enumerate(MODELS)]
    assert [row["number"] for _, row, _, _ in found[-2:]] == [40, 41]
    assert (HOOKED, {"half": 2.0}, [{"whole": 4.0}, {"whole": 3.0}], 200) in found
    assert {(name, 422) for name in MODELS} <= {(name, status) for name, _, status in asked}
    spans = collector.spans()
    for name in MODELS:
        *_, last = (span for span in spans if span.name == f"POST /{name}/predict")
        steps = {span.name for span in spans if span.parent_span_id == last.span_id}
        assert steps - {"queue"} == {"decode", "predict", "encode"}
    assert collector.services() == {"churn"}
