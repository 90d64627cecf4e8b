"""What a request may hold in a column, in the generated types and in the example."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.model_spec import Column, Limits
from deployc.targets.project.rows import example_row, row_fields

from .space import REGRESSOR, REGRESSOR_OUTPUTS, files

COLUMNS = (
    Column(name="age", type="long", limits=Limits(minimum=18, maximum=99, description="in years")),
    Column(name="city", type="string", limits=Limits(values=("Oslo", "Rome"), default="Rome")),
    Column(name="the rate", type="double", optional=True, limits=Limits(maximum=0.5)),
    Column(name="level", type="integer", limits=Limits(values=(2, 3))),
)


def test_the_types_say_it() -> None:
    assert [field.text for field in row_fields(COLUMNS)] == [
        "age: Annotated[Annotated[int, Meta(ge=18, le=99)], Meta(description='in years')]",
        "city: Literal['Oslo', 'Rome'] = 'Rome'",
        "the_rate: Annotated[float, Meta(le=0.5)] | None = field(name='the rate', default=None)",
        "level: Literal[2, 3]",
    ]


def test_the_example_keeps_to_it() -> None:
    assert example_row(COLUMNS) == {"age": 18, "city": "Oslo", "the rate": 0.5, "level": 2}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"age": 18, "level": 3}, "{'age': 18, 'city': 'Rome', 'the rate': None, 'level': 3}"),
        ({"age": 17, "level": 3}, "Expected `int` >= 18 - at `$.age`"),
        ({"age": 20, "level": 4}, "Invalid enum value 4 - at `$.level`"),
        ({"age": 20, "level": 3, "city": "Bonn"}, "Invalid enum value 'Bonn' - at `$.city`"),
        ({"age": 20, "level": 3, "the rate": 0.6}, "Expected `float` <= 0.5 - at `$.the rate`"),
    ],
)
def test_the_service_holds_requests_to_it(tmp_path: Path, row: dict[str, object], said: str) -> None:
    schema = files(tmp_path, replace(REGRESSOR, inputs=COLUMNS), REGRESSOR_OUTPUTS)["src/churn/schema.py"]
    (tmp_path / "schema.py").write_text(schema, encoding="utf-8")
    script = (
        "import sys, msgspec; from schema import Row\n"
        "try: print(msgspec.to_builtins(msgspec.json.decode(sys.argv[1], type=Row)))\n"
        "except msgspec.ValidationError as error: print(error)"
    )
    command = [sys.executable, "-c", script, json.dumps(row)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said
