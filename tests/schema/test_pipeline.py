"""A pipeline of functions becomes the stages that deploy.yaml would have."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployc.schema.config import Command
from deployc.schema.decode import Loaded, read_config
from deployc.schema.diagnostics import UserError
from deployc.targets.catalogs import catalogs

HEAD = "from deployc.compiler import stage\n\n"
MARKED = '@stage(outputs={"out": "made.csv"})\n'


def read(folder: Path, pipeline: str, config: str = "", path: str = "pipeline.py") -> Loaded:
    (folder / "deploy.yaml").write_text(
        f"version: 1\nname: churn\npipeline: {path}\nmodel: {{path: m.pkl}}\ntargets: {{project: {{}}}}\n{config}"
    )
    (folder / "pipeline.py").write_text(pipeline)
    return read_config(folder / "deploy.yaml", catalogs())


def refused(folder: Path, pipeline: str, config: str = "", path: str = "pipeline.py") -> list[str]:
    with pytest.raises(UserError) as raised:
        read(folder, pipeline, config, path)
    return [d.code for d in raised.value.diagnostics]


def test_a_stage_says_what_it_would_in_yaml(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        HEAD + '@stage("tidy", inputs={"rows": "a b.csv"}, outputs={"out": "made/"}, requirements=("pandas",),\n'
        '       timeout="2h", network=True, env=["DSN"])\ndef clean(rows, out, limit=3):\n    pass\n',
    )
    run = "python -m deployc_stage pipeline clean 'rows=a b.csv' out=made/"
    assert found.config.stages == {
        "tidy": Command(
            run=run,
            inputs=("a b.csv",),
            outputs=("made/",),
            requirements=("pandas",),
            timeout="2h",
            network=True,
            env=("DSN",),
        )
    }
    assert (found.spans.of(("stages", "tidy", "timeout")).file, found.spans.of(("stages", "tidy", "timeout")).line) == (
        "pipeline.py",
        4,
    )


def test_a_stage_reads_what_those_before_it_make(tmp_path: Path) -> None:
    text = HEAD + MARKED + "def first_step(out): ...\n"
    text += '@stage(depends_on=[first_step], outputs=["b.csv"])\ndef by_function(out): ...\n'
    text += '@stage(depends_on="first-step", outputs=["c.csv"])\ndef by_text(): ...\n'
    stages = read(tmp_path, text).config.stages
    assert stages["by-function"].run == "python -m deployc_stage pipeline by_function out=made.csv"
    assert stages["by-function"].inputs == stages["by-text"].inputs == ("made.csv",)
    assert stages["by-text"].outputs == ("c.csv",)


def test_a_stage_reads_all_that_those_before_it_make(tmp_path: Path) -> None:
    text = HEAD + '@stage(outputs=["a.csv", "b.csv"])\ndef a(): ...\n@stage(outputs=["c.csv"])\ndef b(): ...\n'
    text += '@stage(outputs={"out": "d.csv"})\ndef c(out): ...\n@stage(outputs={"out": "e.csv"})\ndef d(out): ...\n'
    last = text + '@stage(depends_on=[a, b, c, d, a], outputs=["f.csv"])\ndef last(): ...\n'
    assert read(tmp_path, last).config.stages["last"].inputs == ("a.csv", "b.csv", "c.csv", "d.csv", "e.csv")
    assert refused(tmp_path, last.replace("last()", "last(out)")) == ["stage-parameter"]
    named = last.replace("depends_on", 'inputs={"out": "e.csv"}, depends_on').replace("last()", "last(out)")
    assert read(tmp_path, named).config.stages["last"].run.endswith("last out=e.csv")


def test_a_function_and_another_stage_may_have_one_name(tmp_path: Path) -> None:
    text = HEAD + '@stage("b", outputs=["a.csv"])\ndef a(): ...\n@stage("c", outputs=["b.csv"])\ndef b(): ...\n'
    text += '@stage(depends_on=b, outputs=["x"])\ndef x(): ...\n@stage(depends_on="b", outputs=["y"])\ndef y(): ...\n'
    stages = read(tmp_path, text).config.stages
    assert (stages["x"].inputs, stages["y"].inputs) == (("b.csv",), ("a.csv",))


def test_functions_and_commands_are_one_set_of_stages(tmp_path: Path) -> None:
    commands = "stages: {fetch: {run: sh fetch.sh, outputs: [raw.csv]}}\n"
    assert [*read(tmp_path, HEAD + MARKED + "def clean(out): ...\n", commands).config.stages] == ["fetch", "clean"]
    assert refused(tmp_path, HEAD + MARKED + "def fetch(out): ...\n", commands) == ["name-taken"]
    twice = HEAD + MARKED + "def a(out): ...\n" + '@stage("a", outputs=["x"])\ndef b(): ...\n'
    assert refused(tmp_path, twice) == ["name-taken"]


def test_only_this_stage_s_mark_counts(tmp_path: Path) -> None:
    other = "from luigi import stage\n" + MARKED + "def clean(out): ...\n"
    assert refused(tmp_path, other) == ["no-stages"]
    renamed = "from deployc.compiler import stage as step\n@step(outputs=['x'])\ndef clean(): ...\n"
    assert [*read(tmp_path, renamed).config.stages] == ["clean"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("def clean(:\n", "pipeline-syntax"),
        ("x = '" + "\0" + "'\n", "bad-character"),
        (HEAD + '@stage(outputs={"out": "../a"})\ndef clean(out): ...\n', "bad-value"),
        (HEAD + '@stage(outputs={"out": "a"}, timeout="soon")\ndef clean(out): ...\n', "bad-value"),
        (HEAD + '@stage("Clean It", outputs={"out": "a"})\ndef clean(out): ...\n', "bad-value"),
        (HEAD + '@stage(outputs={"out": "a"}, requirements="pandas")\ndef clean(out): ...\n', "wrong-type"),
        (HEAD + '@stage(outputs={"out": "a"}, run="x")\ndef clean(out): ...\n', "stage-argument"),
        (HEAD + 'NAME = "tidy"\n@stage(name=NAME, outputs={"out": "a"})\ndef clean(out): ...\n', "stage-argument"),
        (HEAD + '@stage("tidy", ["a"], outputs={"out": "a"})\ndef clean(out): ...\n', "stage-argument"),
        (HEAD + '@stage("tidy", name="neat", outputs={"out": "a"})\ndef clean(out): ...\n', "stage-argument"),
        (HEAD + '@stage("", outputs={"out": "a"})\ndef clean(out): ...\n', "bad-value"),
        (HEAD + '@stage(inputs={"out": "a"}, outputs={"out": "b"})\ndef clean(out): ...\n', "stage-parameter"),
        (HEAD + '@stage(**{"outputs": {"out": "a"}})\ndef clean(out): ...\n', "stage-argument"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, code: str) -> None:
    assert code in refused(tmp_path, text)


def test_stages_are_a_table_beside_a_pipeline_too(tmp_path: Path) -> None:
    assert refused(tmp_path, HEAD + MARKED + "def clean(out): ...\n", "stages: 5\n") == ["wrong-type"]
    assert [*read(tmp_path, HEAD + MARKED + "def clean(out): ...\n", "stages:\n").config.stages] == ["clean"]


def test_a_keyword_is_told_at_its_column(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, HEAD + '@stage(outputs={"out": "été.csv"}, größe=3)\ndef clean(out): ...\n')
    assert [(d.at.line, d.at.column) for d in raised.value.diagnostics if d.at] == [(3, 36)]


@pytest.mark.parametrize("path", ["pipe-line.py", "../pipeline.py", "pipeline", "3.py"])
def test_the_file_has_to_be_one_that_python_imports(tmp_path: Path, path: str) -> None:
    assert set(refused(tmp_path, HEAD, path=path)) == {"bad-value"}
