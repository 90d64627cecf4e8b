"""The user's own code around the model, from deploy.yaml to the served answer, and what is told of its mistakes."""

from __future__ import annotations

import shutil
import uuid
from typing import Any  # what an answer holds is looked at

import pytest

from .conftest import GIVEN
from .project import EXAMPLES, Project
from .test_serving import ask, served

HOOKS = """\
import asyncio
from dataclasses import dataclass

from .units import Measured, Penguin, millimetres


@dataclass
class Verdict:
    species: str
    certainty: float
    started: bool


STARTED: list[str] = []


async def startup() -> None:
    STARTED.append("yes")


async def pre(row: Measured) -> Penguin:
    if row.mass <= 0:
        raise ValueError("a penguin weighs something")
    await asyncio.sleep(row.wait)
    return millimetres(row)


def post(prediction: str, probabilities: dict[str, float], row: Measured) -> Verdict:
    return Verdict(species=prediction, certainty=max(probabilities.values()), started=bool(STARTED))
"""
UNITS = """\
from dataclasses import dataclass
from typing import Annotated

import msgspec


class Measured(msgspec.Struct):
    bill_length: float
    bill_depth: float
    flipper_length: float
    mass: float
    wait: Annotated[float, msgspec.Meta(ge=0)] = 0.0


@dataclass
class Penguin:
    bill_length_mm: float
    bill_depth_mm: float
    flipper_length_mm: float
    body_mass_g: float


def millimetres(row: Measured) -> Penguin:
    return Penguin(row.bill_length * 10, row.bill_depth * 10, row.flipper_length * 10, row.mass * 1000)
"""
SERVE = "serve: {{framework: {framework}, hooks: {{module: features.hooks, timeout: 2s}}}}\n"
TESTS = "tests: {types: {}, smoke: {}, parity: {rows: holdout.csv, tolerance: 1e-9}}\n"
ROW = {"bill_length": 3.9, "bill_depth": 1.9, "flipper_length": 18.1, "mass": 3.75}


def said(url: str, body: object) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer."""
    status, answer = ask(url, body)
    assert isinstance(answer, dict)
    return status, answer


@pytest.fixture
def hooked(given: Project) -> Project:
    """The quickstart's model with hooks around it."""
    shutil.copy(EXAMPLES / "quickstart/data/holdout.csv", given / "holdout.csv")
    given.write("features/hooks.py", HOOKS)
    given.write("features/units.py", UNITS)
    given.write("deploy.yaml", GIVEN + SERVE.format(framework="asgi"))
    return given


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["aiohttp", "asgi", "fastapi", "flask", "litestar", "sanic"])
def test_a_service_with_hooks_passes_its_tests_and_answers_through_them(hooked: Project, framework: str) -> None:
    hooked.write("deploy.yaml", GIVEN + SERVE.format(framework=framework) + TESTS)
    hooked.build()
    with served(hooked) as (_, url):
        status, answer = said(f"{url}/predict", ROW)
        assert (status, answer["species"], answer["started"]) == (200, "Adelie", True)
        status, answer = said(f"{url}/predict", [ROW, {**ROW, "mass": 0}])
        assert (status, answer["error"]["code"], answer["error"]["field"]) == (422, "refused-by-hook", "[1]")
        status, answer = said(f"{url}/predict", {**ROW, "wait": -1})
        assert (status, answer["error"]["code"], answer["error"]["field"]) == (422, "invalid-row", "wait")
        status, answer = said(f"{url}/predict", {**ROW, "wait": 60})
        assert (status, answer["error"]["code"]) == (504, "hook-timeout")
        assert ask(f"{url}/invocations", {"inputs": [1]})[0] == 404, "no way leads past the hooks"


@pytest.mark.slow
def test_mypy_tells_the_user_of_his_own_lines(hooked: Project) -> None:
    hooked.write("deploy.yaml", GIVEN + SERVE.format(framework="asgi") + "tests: {types: {}}\n")
    hooked.edit("features/hooks.py", "bool(STARTED)", "len(STARTED)")
    assert "src/features/hooks.py" in hooked.fails("types-failed")


def test_mistakes_are_told_before_work_starts(hooked: Project) -> None:
    hooked.edit("features/hooks.py", "row: Measured) -> Penguin", "row: Measurd) -> Penguin")
    told = hooked.fails("hook-type")
    assert "--> features/hooks.py:21:" in told
    assert "did you mean `Measured`?" in told


def test_a_change_of_what_hooks_import_is_noticed_and_one_of_their_types_written_anew(hooked: Project) -> None:
    hooked.build()
    assert hooked.build().events[-1]["event"] == "up-to-date"
    hooked.edit("features/units.py", "import msgspec\n", f"\n\nimport msgspec  # {uuid.uuid4()}\n")
    ran = hooked.build().ran
    assert {"hooks", "openapi", "assemble"} <= ran
    assert "generate" not in ran, "what hooks take and give is the same, wherever it stands"
    hooked.edit("features/units.py", "wait: Annotated", f"n{uuid.uuid4().hex}: int = 0\n    wait: Annotated")
    assert {"hooks", "generate", "openapi", "assemble"} <= hooked.build().ran
