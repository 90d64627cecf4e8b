"""Compiled models: what is proved equal is served without the model's library; what is not is served as it was."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
import yaml

from .project import EXAMPLES, Project, contents

LIBRARIES = ("scikit-learn", "scipy", "pandas", "skops", "joblib")


@pytest.mark.slow
def test_a_compiled_model_is_proved_served_without_its_library_and_can_be_proved_again(given: Project) -> None:
    given.edit("deploy.yaml", "wheel: {}", "trained: {}")
    ran = given.run("build")
    assert ran.code == 0, ran.err
    assert "compiled with linear: equal to the original on " in ran.err
    lock = (given / "build/project/requirements.lock").read_text()
    assert not [name for name in LIBRARIES if f"\n{name}==" in f"\n{lock}"]
    (file,) = (given / "build/project/src/penguins/artifact").iterdir()
    assert file.name == "linear.json"

    assert contents(given / "build/trained") == contents(given / "model")

    report = (given / "build/reports/optimize/report.json").read_bytes()
    named = json.loads((given / "build/project/src/penguins/build.json").read_text())["compiled"]
    assert (named["by"], named["proof"]) == ("linear", hashlib.sha256(report).hexdigest())
    (attempt,) = json.loads(report)["attempts"]
    assert attempt["proof"]["rows"]["sample"] == 7
    processor = (given / "build/reports/optimize/processor.txt").read_text().strip()
    assert processor
    assert processor not in report.decode(), "the project names the report's digest, and is the same on each processor"
    assert all(compared["different"] == 0 for compared in attempt["proof"]["methods"])
    assert "equal to the original" in (given / "build/reports/optimize/report.txt").read_text()

    assert "optimize: compiled with linear: equal" in given.run("explain", "optimize").out
    ran = given.run("prove", "--rows", "sample.csv")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("linear: equal to the original on 7 rows\n")
    given.write("bad.csv", "bill;mass\n1;2\n")
    refused = given.run("prove", "--rows", "bad.csv")
    assert refused.codes == ["sample-unreadable"]
    assert "bad.csv: " in refused.err
    sums = json.loads(file.read_text())
    sums["labels"].reverse()
    file.write_text(json.dumps(sums))
    ran = given.run("prove", "--rows", "sample.csv", "--json")
    assert ran.code == 1
    first = next(m["first"] for m in json.loads(ran.out)["methods"] if m["method"] == "predict")
    assert first["found"] != first["wanted"]


@pytest.mark.slow
def test_a_model_that_nobody_can_convert_is_served_as_it_was_trained_unless_it_must_not(project: Project) -> None:
    shutil.copytree(EXAMPLES / "joblib", project.folder, dirs_exist_ok=True)
    text = (project / "deploy.yaml").read_text(encoding="utf-8").partition("tests:")[0]
    project.write("deploy.yaml", text)
    ran = project.run("build")
    assert ran.code == 0, ran.err
    assert "the model is served as it was trained" in ran.err
    assert "\nscikit-learn==" in (project / "build/project/requirements.lock").read_text()
    project.write("deploy.yaml", f"{text}serve: {{optimize: linear}}\n")
    told = project.fails("not-proved")
    assert "linear cannot convert the model: a RandomForestClassifier is no linear model" in told


FILLED = """\
import joblib, pandas
from sklearn.linear_model import LinearRegression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
table = pandas.DataFrame({"x": [float(n) for n in range(20)]})
joblib.dump(make_pipeline(SimpleImputer(missing_values=-1), LinearRegression()).fit(table, table.x * 2), "model.joblib")
"""
NEIGHBOURS = """\
import joblib, pandas
from sklearn.neighbors import KNeighborsRegressor
table = pandas.DataFrame({"x": [float(n) for n in range(20)]})
joblib.dump(KNeighborsRegressor().fit(table, table.x * 2), "model.joblib")
"""


def trained_here(name: str) -> dict[str, object]:
    """A project of a model that train.py makes."""
    requirements = ["scikit-learn", "pandas", "joblib"]
    train = {"run": "python train.py", "inputs": ["train.py"], "requirements": requirements}
    model = {"path": "model.joblib", "train": train, "sample": "sample.csv"}
    return {"version": 1, "name": name, "model": model, "targets": {"project": {}}}


@pytest.mark.slow
def test_the_next_optimiser_is_tried_where_the_fastest_fails(project: Project) -> None:
    project.write("train.py", FILLED)
    project.write("sample.csv", "x\n1.5\n2.5\n")
    project.write("deploy.yaml", json.dumps(trained_here("filled")))
    ran = project.run("build")
    assert ran.code == 0, ran.err
    assert "linear cannot convert the model: it has a SimpleImputer to which -1 is what is missing" in ran.err
    assert "compiled with onnx: equal to the original on " in ran.err
    assert "\nonnxruntime==" in (project / "build/project/requirements.lock").read_text()


BOOSTED = """\
import joblib, pandas
from sklearn.ensemble import GradientBoostingRegressor
table = pandas.DataFrame({"x": [float(n) for n in range(20)]})
joblib.dump(GradientBoostingRegressor(random_state=0).fit(table, table.x * 2), "model.joblib")
"""
TREE = """\
import joblib, pandas
from sklearn.tree import DecisionTreeRegressor
table = pandas.DataFrame({"x": [float(n) for n in range(20)]})
joblib.dump(DecisionTreeRegressor(random_state=0).fit(table, table.x * 2), "model.joblib")
"""


@pytest.mark.slow
def test_an_optimiser_whose_packages_do_not_go_with_the_models_is_left_out_unless_it_is_named(project: Project) -> None:
    """onnx needs a newer protobuf; treelite needs none, and no onnx either."""
    project.write("train.py", BOOSTED)
    project.write("sample.csv", "x\n1.5\n2.5\n")

    def serving(**more: object) -> None:
        serve = {"requirements": ["protobuf==3.19.6"], **more}
        project.write("deploy.yaml", json.dumps({**trained_here("pinned"), "serve": serve}))

    serving()
    ran = project.run("build")
    assert ran.code == 0, ran.err
    told = "onnx is not tried, since its packages cannot be locked beside the model's: no set of versions meets all"
    assert told in ran.err
    assert "compiled with treelite: equal to the original on " in ran.err
    assert "onnx>=1.17" in (project / "build/reports/optimize/report.txt").read_text()
    assert told in project.run("explain", "optimize").out
    assert "up to date" in project.run("build").err
    lock = (project / "deploy.lock").read_text(encoding="utf-8")
    assert "onnx>=1.17" in yaml.safe_load(lock)["sections"]["model"]["without"]["onnx"]
    shutil.rmtree(project / ".deployc")
    assert told in project.run("build", "--locked", "--offline").err
    assert (project / "deploy.lock").read_text(encoding="utf-8") == lock
    assert "model is locked without onnx" in project.run("lock").err

    serving(optimize="onnx")
    assert "onnx>=1.17" in project.fails("lock-unresolvable")
    project.write("train.py", TREE)
    serving(optimize={"on_unproved": "fail"})
    assert "onnx>=1.17" in project.fails("not-proved")


@pytest.mark.slow
def test_a_model_that_no_optimiser_knows_is_asked_and_served_in_one_environment(project: Project) -> None:
    project.write("train.py", NEIGHBOURS)
    project.write("sample.csv", "x\n1.5\n2.5\n")
    project.write("deploy.yaml", json.dumps(trained_here("near")))
    ran = project.run("build")
    assert ran.code == 0, ran.err
    assert "no optimiser knows models of its kind" in ran.err
    sections = yaml.safe_load((project / "deploy.lock").read_text(encoding="utf-8"))["sections"]
    assert sections["model"]["requirements"] == sections["serve"]["requirements"]
    project.write("deploy.yaml", json.dumps({**trained_here("near"), "serve": {"optimize": {"on_unproved": "fail"}}}))
    assert "no optimiser knows models of its kind" in project.fails("not-proved")


@pytest.mark.slow
def test_a_row_that_differs_is_told_where_a_proof_is_demanded(given: Project) -> None:
    """Exponentials of onnxruntime differ from scikit-learn's in their last bits."""
    given.edit("deploy.yaml", "targets:", "serve: {optimize: {use: onnx, tolerance: 0}}\ntargets:")
    told = given.fails("not-proved")
    assert "compiled: " in told
    assert "original: " in told


KILLED = """\
import os, sys
if any(part.endswith(".proof") for part in sys.orig_argv) and os.path.exists({mark!r}):
    os.kill(os.getpid(), {signal})
"""


@pytest.mark.slow
def test_a_conversion_that_the_system_kills_is_tried_again_and_one_that_crashes_is_not(given: Project) -> None:
    """Python imports a module of this name whenever it starts."""
    mark = given.home / "mark"
    given.edit("deploy.yaml", "model:", "model:\n  code: [sitecustomize.py]")
    for signal in (9, 11):
        mark.touch()
        given.write("sitecustomize.py", KILLED.format(mark=str(mark), signal=signal))
        if signal == 9:
            assert "was ended by signal 9 (Killed)" in given.fails("compiling-killed")
        else:
            assert "linear cannot convert the model: it was ended by signal 11" in given.run("build").err
        mark.unlink()
        ran = given.run("build")
        assert ("compiled with linear" if signal == 9 else "up to date") in ran.err
