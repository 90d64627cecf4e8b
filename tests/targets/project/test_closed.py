"""Columns in which a model takes certain values alone: their types say so, or a refusal names the value."""

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
from deployc.targets import project
from deployc.targets.project.closed import LISTED

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config

COLUMNS = (
    Column(name="city", type="string"),
    Column(name="rooms", type="long", optional=True),
    Column(name="level", type="double"),
    Column(name="the code", type="string"),
)
CODES: tuple[Label | None, ...] = tuple(f"code {i}" for i in range(LISTED + 1))
FEW: Mapping[str, tuple[Label | None, ...]] = {"city": ("Rome", "Oslo"), "rooms": (2, 3), "level": (1.5, 2.5)}
EXAMPLE = {"city": "Rome", "rooms": 2, "level": 1.5, "the code": "text"}
SCRIPT = """
import json, sys
from churn.openapi import EXAMPLE, document
from churn.problems import Rejected
from churn.service import refused_by_model
from churn.typed import decode
said = {"example": EXAMPLE, "row": document()["components"]["schemas"]["Row"]["properties"]}
try:
    found = decode(sys.argv[1].encode())
    error = refused_by_model(ValueError(), found if isinstance(found, list) else [found])
except Rejected as rejected:
    error = rejected
print(json.dumps({**said, "error": [error.status, error.code, error.message, error.field]}))
"""


Closed = Mapping[str, tuple[Label | None, ...]]


def service(
    folder: Path, closed: Closed, *, city: Column = COLUMNS[0], example: Mapping[str, object] = EXAMPLE
) -> Path:
    """A folder with the package of a service whose model takes certain values alone."""
    cas = Cas(folder / "cas")
    spec = replace(REGRESSOR, inputs=(city, *COLUMNS[1:]), container="dataframe")
    tree = project.generate(
        spec=spec, outputs=REGRESSOR_OUTPUTS, config=config(), cas=cas, example=example, closed=closed
    )
    cas.materialise(tree, folder)
    # No row is answered, so that no model's library has to be there.
    (folder / "src/churn/model.py").write_text("class Model: ...\n", encoding="utf-8")
    return folder / "src"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of whose columns it takes more values than a type lists."""
    example = {**EXAMPLE, "the code": "code 0"}
    return service(tmp_path_factory.mktemp("many"), {**FEW, "the code": CODES}, example=example)


def said(service: Path, body: object) -> dict[str, object]:
    """What a service documents of its rows, and says of a body that its model refuses if its types do not."""
    command = [sys.executable, "-c", SCRIPT, json.dumps(body)]
    done = subprocess.run(command, cwd=service, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"city": "Bern"}, ["invalid-row", "Invalid enum value 'Bern'", "city"]),
        ({"rooms": 9}, ["invalid-row", "Invalid enum value 9", "rooms"]),
        ({"rooms": None}, ["refused-by-model", "null is none of the values that the model knows", "rooms"]),
        ({"level": 9}, ["refused-by-model", "9.0 is none of the values that the model knows", "level"]),
        ({"the code": "x"}, ["refused-by-model", '"x" is none of the values that the model knows', "the code"]),
        ({"the code": "code 1"}, ["refused-by-model", "the model does not accept these values", ""]),
    ],
)
def test_a_value_that_the_model_does_not_know_is_named_with_its_column(
    many: Path, body: Mapping[str, object], error: list[str]
) -> None:
    row = {**EXAMPLE, "the code": "code 0"}
    assert said(many, {**row, **body})["error"] == [422, *error]
    # of several rows the wrong one is named
    of_two = [*error[:2], error[2] and f"[1].{error[2]}"]
    assert said(many, [row, {**row, **body}])["error"] == [422, *of_two]


def test_few_values_are_documented_and_many_are_not_nor_is_one_of_them_in_an_example(
    many: Path, tmp_path: Path
) -> None:
    found = said(many, EXAMPLE)
    row = found["row"]
    assert isinstance(row, dict)
    assert row["city"] == {"enum": ["Oslo", "Rome"]}
    assert row["level"]["enum"] == [1.5, 2.5]
    assert row["the code"] == {"type": "string"}
    assert found["example"] == {}
    assert "code 0" not in (many.parent / "README.md").read_text(encoding="utf-8")
    assert said(service(tmp_path, FEW), EXAMPLE)["example"] == EXAMPLE


def test_what_deploy_yaml_counts_out_is_what_may_be_given(tmp_path: Path) -> None:
    made = service(tmp_path, FEW, city=replace(COLUMNS[0], limits=Limits(values=("Rome", "Bern"))))
    error = said(made, {**EXAMPLE, "city": "Bern"})["error"]
    assert error == [422, "refused-by-model", '"Bern" is none of the values that the model knows', "city"]


def test_a_model_that_takes_any_value_has_no_code_for_it(tmp_path: Path) -> None:
    made = service(tmp_path, {})
    assert said(made, EXAMPLE)["error"] == [422, "refused-by-model", "the model does not accept these values", ""]
    assert not (made / "churn/categories.py").exists()
