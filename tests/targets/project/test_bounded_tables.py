"""Columns that deploy.yaml bounds are said in other protocols' tables as freely as those that it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.model_spec import Column, Limits

from .space import REGRESSOR, REGRESSOR_OUTPUTS, files

COLUMNS = (
    Column(name="the rate", type="double", limits=Limits(minimum=0.5, description="a share")),
    Column(name="small", type="float", limits=Limits(minimum=2, maximum=3)),
    Column(name="age", type="long", limits=Limits(minimum=18, maximum=99, description="in years")),
    Column(name="level", type="integer", limits=Limits(values=(2, 3))),
    Column(name="room", type="integer", optional=True, limits=Limits(values=(7, 8), description="its number")),
    Column(name="since", type="datetime", limits=Limits(description="in UTC")),
    Column(name="code", type="string", optional=True, limits=Limits(values=("NA", "EU"))),
    Column(name="free", type="double", limits=Limits(description="of bounds")),
)
HEADER = ",".join(column.name for column in COLUMNS)
SCRIPT = """
import sys
import msgspec
from churn.invocations import Body, decode, read_csv, read_table
from churn.problems import Rejected
body = sys.argv[2].encode()
try:
    (row,) = read_csv(body) if sys.argv[1] == "csv" else read_table(decode(body, msgspec.json.Decoder(Body)))
    assert row.since.isoformat() == "2026-01-01T00:00:00"
    names = {"rate": "the_rate", **{name: name for name in ("small", "age", "level", "room", "code", "free")}}
    print(*(f"{name}={getattr(row, field)}" for name, field in names.items()))
except Rejected as error:
    print(error.field, error.message)
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of a service whose rows have the columns."""
    folder = tmp_path_factory.mktemp("bounded")
    for path, text in files(folder, replace(REGRESSOR, inputs=COLUMNS), REGRESSOR_OUTPUTS).items():
        if path.startswith("src/churn/") and path.endswith(".py"):
            (folder / "churn").mkdir(exist_ok=True)
            (folder / "churn" / Path(path).name).write_text(text, encoding="utf-8")
    # Only the rows are read, so that no model's library has to be there.
    (folder / "churn" / "model.py").write_text("class Model: ...\n", encoding="utf-8")
    return folder


def said(service: Path, kind: str, body: str) -> str:
    command = [sys.executable, "-c", SCRIPT, kind, body]
    done = subprocess.run(command, cwd=service, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def record(**changed: object) -> str:
    row: dict[str, object] = {"the rate": 0.5, "small": 2.5, "age": 18, "level": 2, "since": "2026-01-01", "free": 9}
    row |= {name.replace("_", " "): value for name, value in changed.items()}
    return json.dumps({"dataframe_records": [row]})


@pytest.mark.parametrize(
    ("kind", "body", "row"),
    [
        ("json", record(age=20.0, level=3.0, room=7.0), "rate=0.5 small=2.5 age=20 level=3 room=7 code=None free=9.0"),
        ("json", record(free=None), "rate=0.5 small=2.5 age=18 level=2 room=None code=None free=nan"),
        ("json", record(room=float("nan"), code="NA"), "rate=0.5 small=2.5 age=18 level=2 room=None code=NA free=9.0"),
        (
            "csv",
            f"{HEADER}\n0.5,2.5,20,3,7,2026-01-01,NA,NaN",
            "rate=0.5 small=2.5 age=20 level=3 room=7 code=NA free=nan",
        ),
        ("csv", f"{HEADER}\n1,3,20,3,,2026-01-01,,9", "rate=1.0 small=3.0 age=20 level=3 room=None code=None free=9.0"),
    ],
)
def test_a_table_may_say_it_in_its_own_way(service: Path, kind: str, body: str, row: str) -> None:
    assert said(service, kind, body) == row


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (record(age=17.0), "[0].age Expected `int` >= 18"),
        (record(age=20.5), "[0].age Expected `int`, got `float`"),
        (record(age=None), "[0].age Expected `int`, got `null`"),
        (record(level=4.0), "[0].level Invalid enum value 4"),
        (record(small=None), "[0].small Expected `float`, got `null`"),
        (record(the_rate=float("nan")), "[0].the rate Expected `float`, got `null`"),
        (record(the_rate=0), "[0].the rate Expected `float` >= 0.5"),
        (record(code=""), "[0].code Invalid enum value ''"),
    ],
)
def test_the_bounds_hold_in_a_table(service: Path, body: str, message: str) -> None:
    assert said(service, "json", body) == message
