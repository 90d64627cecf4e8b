"""Models that are not what they should be: refused with what is wrong and where, never executed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from .project import Project, cases, contents

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


class Attack:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def test_a_model_that_is_missing(given: Project) -> None:
    given.edit("deploy.yaml", "model/", "nowhere/")
    told = given.fails("missing-file")
    assert "deploy.yaml:5:9" in told
    assert "nowhere" in told
    assert given.run("inspect", "nowhere").codes == ["missing-file"]
    assert given.run("init", "nowhere", "--file", "other.yaml").codes == ["missing-file"]


def test_a_folder_that_is_no_model(given: Project) -> None:
    (given / "model/MLmodel").unlink()
    ran = given.run("build")
    assert ran.code == 1
    assert len(ran.codes) == 1
    assert "deploy.yaml:5:9" in ran.err


@pytest.mark.parametrize(
    "cut", cases(["MLmodel 0.02", "model.skops 0.5"], ["MLmodel 0", "model.skops 0", "model.skops 0.99"])
)
def test_a_model_that_is_cut_off(given: Project, cut: str) -> None:
    file, part = cut.split()
    whole = (given / "model" / file).read_bytes()
    (given / "model" / file).write_bytes(whole[: int(len(whole) * float(part))])
    ran = given.run("build", "--only", "inspect")
    assert ran.code == 1
    assert len(ran.codes) == 1, ran.err
    assert "deploy.yaml:5:9" in ran.err


@pytest.mark.parametrize("how", cases(["as it is", "xz"], ["zlib", "gzip", "bz2"]))
def test_a_pickle_that_would_run_a_command_is_refused_and_never_run(project: Project, how: str) -> None:
    mark = project.home / "executed"
    (project / "model.joblib").write_bytes(PACKED[how](pickle.dumps([1, {"a": Attack(mark)}])))
    project.write("deploy.yaml", "version: 1\nname: bad\nmodel: {path: model.joblib}\ntargets: {project: {}}\n")
    told = project.fails("forbidden-pickle")
    assert "system" in told
    assert "deploy.yaml:3:15" in told
    for command in (["inspect", "model.joblib"], ["init", "model.joblib", "--file", "other.yaml"]):
        assert project.run(*command).codes == ["forbidden-pickle"]
    assert not (project / "other.yaml").exists()
    assert not mark.exists()
    pickle.loads(pickle.dumps(Attack(mark)))
    assert mark.exists(), "the attack would work"


def test_a_model_of_an_unknown_library(given: Project) -> None:
    given.write("model/MLmodel", "flavors:\n  spark:\n    model_data: sparkml\n    pyspark_version: 3.5.0\n")
    ran = given.run("build")
    assert ran.code == 1
    assert ran.codes == ["unknown-flavor"]
    assert "a model of Spark" in ran.err
    assert "deploy.yaml:5:9" in ran.err


def test_a_pickle_of_an_unknown_library(project: Project) -> None:
    text = b"\x80\x04\x8c\x0bcatboost.xy\x8c\x05Model\x93)\x81."
    (project / "model.pkl").write_bytes(text)
    project.write("deploy.yaml", "version: 1\nname: bad\nmodel: {path: model.pkl}\ntargets: {project: {}}\n")
    ran = project.run("build")
    assert ran.code == 1
    assert len(ran.codes) == 1
    assert "catboost" in ran.err
    assert "deploy.yaml:3:15" in ran.err


ROWS = {
    "one is missing": "bill_length_mm,bill_depth_mm,flipper_length_mm\n1,2,3\n",
    "other names": "wrong,names\n1,2\n",
    "empty": "",
    "another encoding": "\xff\xfe",
    "no rows": "a\n",
}


@pytest.mark.parametrize("rows", cases([*ROWS][:1], [*ROWS][1:]))
def test_a_sample_whose_columns_do_not_fit(ready: Project, rows: str) -> None:
    before = contents(ready / "build")
    (ready / "sample.csv").write_text(ROWS[rows], encoding="latin-1")
    ran = ready.run("build")
    assert ran.code == 1, ran.err
    assert len(ran.codes) == 1, ran.err
    assert "deploy.yaml:6:11" in ran.err
    assert contents(ready / "build") == before


def test_a_sample_with_a_word_where_a_number_belongs(given: Project) -> None:
    given.write("sample.csv", (given / "sample.csv").read_text() + "39.1,eighteen,181,3750\n")
    ran = given.run("build")
    assert ran.code == 1, ran.err
    assert "bill_depth_mm" in ran.err
    assert "eighteen" in ran.err
    assert "deploy.yaml:6:11" in ran.err


def test_a_method_that_the_model_lacks(given: Project) -> None:
    given.edit("deploy.yaml", "targets:", "serve: {methods: [predict, transform]}\ntargets:")
    told = given.fails("unknown-method")
    assert "deploy.yaml:7:28" in told
    assert "it has: predict" in told
