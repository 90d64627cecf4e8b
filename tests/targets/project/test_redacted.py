"""A redacted column: what a request holds in it is in no log and in nothing that is said of a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.model_spec import Column, Label, Limits
from deployc.schema.config import PayloadLog
from deployc.targets import project

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config, files

SECRET = "Ann Other"
PATIENT = Column(name="patient", type="string", redacted=True)
LISTED = Column(name="ward", type="string", limits=Limits(values=("A", "B")), redacted=True)
OPEN = Column(name="bed", type="string", limits=Limits(values=("1", "2")))
SPEC = replace(REGRESSOR, inputs=(PATIENT, LISTED, OPEN), container="dataframe")
CLOSED: Mapping[str, tuple[Label | None, ...]] = {"patient": ("Bob", "Eve")}
SCRIPT = """
import json, logging, sys, warnings
from churn.logs import configure
from churn.openapi import EXAMPLE, document
from churn.problems import Rejected
from churn.service import refused_by_model
from churn.typed import decode
from churn.web import broken, rejected
configure("debug")
try:
    found = decode(sys.argv[1].encode())
    try:
        float(found.patient)
    except ValueError as error:
        answer = rejected(refused_by_model(error, [found]))
        try:
            raise RuntimeError(found.patient) from error
        except RuntimeError as failed:
            broken(failed)
        warnings.warn(found.patient)
except Rejected as error:
    answer = rejected(error)
print(json.dumps([json.loads(answer.body)["error"], EXAMPLE, document()["components"]["schemas"]["Row"]["properties"]]))
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source folder of a service."""
    folder = tmp_path_factory.mktemp("redacted")
    cas = Cas(folder / "cas")
    row = {"patient": "Bob", "ward": "A", "bed": "1"}
    tree = project.generate(spec=SPEC, outputs=REGRESSOR_OUTPUTS, config=config(), cas=cas, example=row, closed=CLOSED)
    cas.materialise(tree, folder)
    # No row is answered, so that no model's library has to be there.
    (folder / "src/churn/model.py").write_text("class Model: ...\n", encoding="utf-8")
    return folder / "src"


def ran(service: Path, **row: str) -> tuple[list[dict[str, object]], str]:
    """What is said of a row, the documentation's row and its columns; and the log."""
    body = json.dumps({"patient": SECRET, "ward": "A", "bed": "1", **row})
    done = subprocess.run([sys.executable, "-c", SCRIPT, body], cwd=service, capture_output=True, text=True, check=True)
    return json.loads(done.stdout), done.stderr


def test_what_a_library_says_of_it_is_neither_answered_nor_logged(service: Path) -> None:
    (error, *_), log = ran(service)
    assert (error["field"], error["message"]) == ("patient", "the value is none of those that the model knows")
    assert SECRET not in log
    refused, failed = (json.loads(line)["traceback"] for line in log.splitlines())
    assert refused.endswith("builtins.ValueError")
    assert 'File "<string>"' in refused
    assert "builtins.ValueError" in failed
    assert failed.endswith("builtins.RuntimeError")


def test_a_value_that_its_type_refuses_is_not_said_and_that_of_another_column_is(service: Path) -> None:
    (error, *_), _ = ran(service, ward=SECRET)
    assert (error["field"], error["message"]) == ("ward", "Invalid enum value")
    (error, *_), _ = ran(service, bed="9")
    assert error["message"] == "Invalid enum value '9'"


def test_what_the_model_has_learnt_of_it_is_not_documented(service: Path) -> None:
    (_, example, columns), _ = ran(service)
    assert example == {}
    assert columns["patient"] == {"type": "string"}


@pytest.mark.slow
def test_the_payload_log_leaves_it_out(tmp_path: Path) -> None:
    made = files(tmp_path, SPEC, REGRESSOR_OUTPUTS, config(payload_log=PayloadLog(redact=("bed",))))
    assert 'REDACTED: tuple[str, ...] = ("bed", "patient", "ward")' in made["src/churn/payloads.py"]


def test_a_service_that_hides_nothing_has_no_code_for_it(tmp_path: Path) -> None:
    made = files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS)
    assert "src/churn/redacting.py" not in made
    assert not [path for path, text in made.items() if "redact" in text.lower()]
