"""Functions marked with @stage run as stages: in their order, with what they reach, again when that has changed."""

from __future__ import annotations

import pytest

from .project import Project

PIPELINE = '''\
"""From a folder to a model."""

import shutil
from pathlib import Path

import of_no_stage
from deployc.compiler import stage
from words import WORD


@stage(inputs={"source": "made"}, outputs={"middle": "some/where/middle"})
def first(source: Path, middle: Path) -> None:
    shutil.copytree(source, middle)


@stage("last", depends_on=first, outputs={"model": "model"})
def second(middle: Path, model: Path) -> None:
    print(WORD)
    shutil.copytree(middle, model)


def in_a_notebook() -> None:
    of_no_stage.show()
'''


@pytest.fixture
def piped(given: Project) -> Project:
    """A folder whose model is made by two functions."""
    (given / "model").rename(given / "made")
    given.edit("deploy.yaml", "model:\n", "pipeline: pipeline.py\nmodel:\n")
    given.write("pipeline.py", PIPELINE)
    given.write("words.py", "WORD = 'one'\n")
    return given


def test_functions_make_the_model(piped: Project, fresh: str) -> None:
    piped.write("words.py", f"WORD = '{fresh}'\n")
    first = piped.build("--only", "inspect")
    assert {"last", "code-last"} <= first.ran
    assert fresh in (piped / ".deployc/logs/last.log").read_text()


@pytest.mark.slow
def test_a_function_runs_again_for_its_own_code_alone(piped: Project, fresh: str) -> None:
    piped.build("--only", "last")
    piped.write("words.py", f"WORD = '{fresh}'\n")
    ran = piped.build("--only", "last").ran
    assert "last" in ran
    assert "first" not in ran
    piped.edit("pipeline.py", "    shutil.copytree(source, middle)", f"    shutil.copytree(source, middle)  # {fresh}")
    ran = piped.build("--only", "last").ran
    # what it made is what it had made before
    assert "first" in ran
    assert "last" not in ran


def test_what_a_function_raises_is_told_at_the_function(piped: Project, fresh: str) -> None:
    piped.edit("pipeline.py", "    print(WORD)", f"    raise ValueError('{fresh}')")
    told = piped.fails("command-failed", own_traceback=True)
    assert "--> pipeline.py:17:5" in told
    assert f"ValueError: {fresh}" in told


def test_a_circle_is_told_in_the_file(piped: Project) -> None:
    piped.edit("pipeline.py", '{"source": "made"}', '{"source": "model"}')
    assert "--> pipeline.py:" in piped.fails("stage-cycle")


def test_a_file_that_the_pipeline_imports_is_checked(piped: Project) -> None:
    piped.write("words.py", "WORD = (\n")
    told = piped.run("check")
    assert told.code == 1
    assert "error[pipeline-syntax]" in told.err
    assert "--> words.py:1:8" in told.err


def test_a_stage_may_be_called_code(piped: Project) -> None:
    piped.edit("pipeline.py", '@stage(inputs={"source"', '@stage("code", inputs={"source"')
    needs = [line.strip() for line in piped.run("graph").out.splitlines()]
    assert {"code --> last", "code-last --> last"} <= {*needs}


def test_a_file_that_is_not_there_is_told(piped: Project) -> None:
    piped.edit("deploy.yaml", "pipeline: pipeline.py", "pipeline: steps.py")
    piped.write("deploy.yaml", (piped / "deploy.yaml").read_text().replace("path: model/", "path: made/"))
    assert "--> deploy.yaml:4:11" in piped.fails("missing-file")
