"""Hooks around a generated service: they see each row and each prediction, and no mistake of theirs is the client's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.hooks.modules import on_disk
from deployc.compiler.hooks.read import read
from deployc.schema.config import Hooks
from deployc.schema.diagnostics import UserError
from deployc.targets import project
from deployc.targets.project.hooking import MODULES

from .space import CLASSIFIER, CLASSIFIER_OUTPUTS, REGRESSOR, REGRESSOR_OUTPUTS, config

SCRIPT = Path(__file__).with_name("hooked.py")
TYPES = """\
import asyncio
import time
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypedDict

import msgspec


class Colour(Enum):
    red = "red"
    blue = "blue"


@dataclass
class Asked:
    number: float
    colour: Colour = Colour("red")


class Made(msgspec.Struct):
    x0: float
    x1: float


class Said(TypedDict):
    doubled: float
    colour: str


STARTED = [0]
"""
MODEL = """\
'''Answers with the first number of each row, and takes none below 0.'''


class Model:
    def __init__(self, path: object) -> None:
        pass

    def predict(self, rows):
        if any(row.x0 < 0 for row in rows):
            raise ValueError("secret")
        return [row.x0 for row in rows]
"""


def made(folder: Path, text: str, *, timeout: str | None = None, framework: str = "asgi") -> Path:
    """The folder src of a service with these hooks, written below `folder`."""
    (folder / "own.py").write_text(text, encoding="utf-8")
    hooks = read("own", on_disk(folder), ("serve", "hooks", "module"))
    deploy = config(framework=framework, hooks=Hooks(module="own", timeout=timeout))
    project.check_hooks(hooks, REGRESSOR, REGRESSOR_OUTPUTS, deploy)
    cas = Cas(folder / "cas")
    tree = project.generate(spec=REGRESSOR, outputs=REGRESSOR_OUTPUTS, config=deploy, cas=cas, hooks=hooks)
    cas.materialise(tree, folder / "made")
    (folder / "made/src/own.py").write_text(text, encoding="utf-8")
    (folder / "made/src/churn/model.py").write_text(MODEL, encoding="utf-8")
    return folder / "made" / "src"


def answers(src: Path, *bodies: str) -> list[str]:
    command = [sys.executable, str(SCRIPT), str(src), "predict", *bodies]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


SIMPLE = TYPES.replace('    colour: Colour = Colour("red")\n', "    colour: Colour | None = None\n")
PRE = """\
def pre(row: Asked) -> Made:
    if row.number == 13:
        raise ValueError("no thirteen")
    return Made(x0=row.number + STARTED[0], x1=0)
"""
POST = """\
def post(prediction: float, row: Asked) -> Said:
    if prediction == 7:
        raise ValueError("no seven")
    return {"doubled": prediction * 2, "colour": row.colour.value if row.colour else ""}
"""
ALONE = """\
def post(prediction: float) -> Said:
    return {"doubled": prediction * 2, "colour": ""}
"""
ROWS = """\
def pre(rows: list[Asked]) -> list[dict[str, object]]:
    return [{"x0": row.number, "x1": 0.0} for row in rows]
"""
START = "def startup() -> None:\n    STARTED[0] = 100\n"
UNFIT = "TypeError: `pre` gave what the model does not take"
WAIT = "    await asyncio.sleep(0)\n"


def waiting(text: str) -> str:
    """The same hooks as coroutines that wait."""
    return "".join(
        f"async {line}{WAIT}" if line.startswith("def ") else line for line in text.splitlines(keepends=True)
    )


@pytest.mark.parametrize(
    ("awaited", "timeout"),
    [
        (False, None),
        (True, "20s"),
        pytest.param(True, None, marks=pytest.mark.slow),
        pytest.param(False, "20s", marks=pytest.mark.slow),
    ],
)
def test_all_hooks_around_the_model(tmp_path: Path, awaited: bool, timeout: str | None) -> None:
    hooks = START + PRE + POST
    src = made(tmp_path, SIMPLE + (waiting(hooks) if awaited else hooks), timeout=timeout)
    assert answers(
        src,
        '{"number": 1, "colour": "blue"}',
        '[{"number": 2}, {"number": 3, "colour": "red"}]',
        "[]",
        '[{"number": 2}, {"number": 13}]',
        '{"number": -93}',
        '{"number": -200}',
        '{"number": 1, "colour": "green"}',
        '{"number": 1, "x0": 1}',
    ) == [
        '{"doubled":202.0,"colour":"blue"}',
        '[{"doubled":204.0,"colour":""},{"doubled":206.0,"colour":"red"}]',
        "[]",
        "422 refused-by-hook no thirteen [1]",
        "422 refused-by-hook no seven",
        "422 refused-by-model the model does not accept these values",
        "422 invalid-row Invalid enum value 'green' colour",
        "422 invalid-row Object contains unknown field `x0` x0",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(
    ("hooks", "body", "answer"),
    [
        (START, '{"x0": 1, "x1": 2}', '{"prediction":1.0}'),
        (PRE, '{"number": 1}', '{"prediction":1.0}'),
        (START + PRE, '{"number": 1}', '{"prediction":101.0}'),
        (ROWS, '[{"number": 1}, {"number": 2}]', '[{"prediction":1.0},{"prediction":2.0}]'),
        (ALONE, '{"x0": 1, "x1": 2}', '{"doubled":2.0,"colour":""}'),
        (START + ROWS + ALONE, '{"number": 3}', '{"doubled":6.0,"colour":""}'),
        (
            "@dataclass\nclass Part:\n    x1: float\n"
            'def post(prediction: float, row: Part) -> Said:\n    return {"doubled": row.x1, "colour": ""}\n',
            '{"x0": 1, "x1": 2}',
            '{"doubled":2.0,"colour":""}',
        ),
    ],
    ids=["startup", "pre", "startup-pre", "rows", "post-alone", "all-rows", "post-of-columns"],
)
def test_any_of_them_alone(tmp_path: Path, hooks: str, body: str, answer: str, awaited: bool) -> None:
    src = made(tmp_path, SIMPLE + (waiting(hooks) if awaited else hooks))
    assert answers(src, body) == [answer]
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", ".."]
    done = subprocess.run(command, cwd=src, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["    time.sleep(2)\n", "    await asyncio.sleep(60)\n"])
def test_a_hook_that_takes_too_long_is_given_up(tmp_path: Path, hook: str) -> None:
    kind = "async def" if "await" in hook else "def"
    text = f"{kind} pre(row: Asked) -> Made:\n{hook}    return Made(x0=1, x1=1)\n"
    src = made(tmp_path, SIMPLE + text, timeout="50ms")
    assert answers(src, '{"number": 1}') == ["504 hook-timeout the service's own code takes too long"]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (
            '{"x0": "1", "x1": 1.0}',
            f"{UNFIT}: Expected `float`, got `str` - at `$.x0`",
        ),
        pytest.param('{"x0": 1.0}', f"{UNFIT}: Object missing required field `x1`", marks=pytest.mark.slow),
        pytest.param("{}[row.number]", "KeyError: 1.0", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_in_a_hook_is_the_service_s_own(tmp_path: Path, returned: str, said: str) -> None:
    src = made(tmp_path, SIMPLE + f"def pre(row: Asked) -> dict[str, object]:\n    return {returned}\n")
    assert answers(src, '{"number": 1}') == [said]


def test_the_documentation_has_the_types_of_the_hooks(tmp_path: Path) -> None:
    src = made(tmp_path, SIMPLE + PRE + POST)
    script = f"import sys; sys.path.insert(0, {str(src)!r}); from churn.openapi import text; print(text())"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert '"doubled"' in shown
    assert '"colour"' in shown
    assert '"x0"' not in shown


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (PRE.replace("Made", "Few"), "hook-columns", "Few lacks the model's columns x1"),
        (PRE.replace("Made", "Odd"), "hook-columns", "the column `x0` is of type double, but x0 is a str"),
        (PRE.replace("Made", "More"), "hook-columns", "the model has no column `x3`"),
        (
            "def post(probabilities: dict[str, float]) -> Said: ...\n",
            "hook-answer",
            "`post` takes `probabilities`, but the model's predict_proba is not served",
        ),
        ("def post(prediction: float, row: Asked) -> Said: ...\n", "hook-columns", "the model has no column `number`"),
    ],
)
def test_hooks_that_do_not_fit_the_model_are_told_at_their_lines(
    tmp_path: Path, text: str, code: str, message: str
) -> None:
    classes = (
        "@dataclass\nclass Few:\n    x0: float\n@dataclass\nclass Odd:\n    x0: str\n    x1: float\n"
        "@dataclass\nclass More:\n    x0: int\n    x1: float\n    x3: float\n"
    )
    with pytest.raises(UserError) as raised:
        made(tmp_path, SIMPLE + classes + text)
    said = raised.value.diagnostics[0]
    assert (said.code, said.message) == (code, message)
    assert said.at
    assert said.at.file == "own.py"


def test_a_service_without_hooks_has_no_trace_of_them(tmp_path: Path) -> None:
    cas = Cas(tmp_path / "cas")
    tree = project.generate(spec=CLASSIFIER, outputs=CLASSIFIER_OUTPUTS, config=config(), cas=cas)
    assert not {f"src/churn/{name}.py" for name in MODULES} & {entry.path for entry in tree}
    assert [e.path for e in tree if "Hooked" in (text := cas.text(tree, e.path)) or "-hook" in text] == []


@pytest.mark.slow
@pytest.mark.parametrize("text", [PRE + POST + START, PRE + POST, waiting(PRE + POST) + START])
def test_files_are_scored_behind_the_hooks(tmp_path: Path, text: str) -> None:
    src = made(tmp_path, SIMPLE + text)
    rows = "number,colour\n1,red\n13,red\n-200,blue\n2,green\n4,\n"
    command = [sys.executable, "-m", "churn.score", "-", "-", "--from", "csv", "--to", "csv"]
    done = subprocess.run(command, input=rows, capture_output=True, text=True, check=False, timeout=60, cwd=src)
    started = 100 if "def startup" in text else 0
    assert done.stdout == f"row,colour,doubled\n1,red,{2.0 * (1 + started)}\n5,,{2.0 * (4 + started)}\n"
    assert done.returncode == 3, done.stderr
    assert [line.partition(',"field"')[2] for line in done.stderr.splitlines()[:3]] == [
        ':"","reason":"no thirteen"}',
        ':"","reason":"the model does not accept these values"}',
        ':"colour","reason":"Invalid enum value \'green\'"}',
    ]
