"""What `deployc build` does from the first time to the next: it builds, and then only what changed."""

from __future__ import annotations

import csv
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from .project import Project, contents, copied

ALL = {"lock-train", "train", "model", "inspect", "lock-serve", "loader", "probe", "generate", "openapi", "assemble"}
ALL |= {"lock-model", "optimize", "project", "wheel", "trained", "types", "smoke", "parity"}


def test_the_quickstart_builds_and_says_where_it_is_and_how_to_run_it(built: tuple[Project, str]) -> None:
    project, told = built
    assert "build/project" in told
    assert "build/wheel" in told
    assert "run it: deployc run" in told
    assert (project / "build/project/README.md").is_file()
    assert list((project / "build/wheel").glob("penguins-*.whl"))
    assert {p.name for p in (project / "build/reports").iterdir()} == {"optimize", "types", "smoke", "parity"}
    assert json.loads((project / "build/reports/parity/report.json").read_text())["rows"] == 68
    assert (project / "deploy.lock").is_file()


def test_a_build_with_nothing_to_do_says_so_and_runs_nothing(quickstart: Project) -> None:
    quickstart.run("build")
    again = quickstart.run("build")
    assert (again.code, again.out, again.err) == (0, "", "deployc: up to date: build\n")
    first = quickstart.build()
    assert {e["event"] for e in first.events} == {"cached", "built"}
    assert [e["event"] for e in quickstart.build().events] == ["up-to-date"]


def test_a_fresh_checkout_takes_everything_from_the_cache(built: tuple[Project, str], quickstart: Project) -> None:
    # with its tests, since the rows of `parity` are part of the proof that the project names
    quickstart.write("deploy.yaml", (built[0] / "deploy.yaml").read_text(encoding="utf-8"))
    ran = quickstart.build("--locked")
    assert ran.ran == set()
    assert ran.cached >= {"train", "generate", "project", "wheel"}
    assert contents(quickstart / "build/wheel") == contents(built[0] / "build/wheel")
    assert contents(quickstart / "build/project") == contents(built[0] / "build/project")


def test_times_comments_and_the_order_of_keys_run_nothing(quickstart: Project) -> None:
    quickstart.build()
    lock = (quickstart / "deploy.lock").read_bytes()
    for path in quickstart.folder.rglob("*"):
        os.utime(path, (time.time(), time.time() + 5))
    assert quickstart.build().ran == set()
    text = (quickstart / "deploy.yaml").read_text(encoding="utf-8")
    head, serve, rest = text.partition("serve:\n  framework: fastapi\n")
    quickstart.write("deploy.yaml", f"# a comment\n{serve}\n{head}# another\n{rest}")
    assert quickstart.build().ran == set()
    assert (quickstart / "deploy.lock").read_bytes() == lock


def test_a_port_reruns_generation_and_what_follows_with_the_reason(ready: Project) -> None:
    port = random.randrange(10000, 60000)
    ready.edit("deploy.yaml", "targets:", f"serve: {{port: {port}}}\ntargets:")
    plan = ready.run("plan", "--json")
    assert plan.reasons("generate") == [f"param port 8000 -> {port}"]
    explained = ready.run("explain", "generate")
    assert explained.out == f"generate: param port 8000 -> {port}\n"
    ran = ready.build("--only", "assemble")
    assert {"generate"} <= ran.ran <= {"generate", "openapi", "assemble"}


def test_a_new_row_retrains_and_reruns_what_follows_and_nothing_else(trained: Project, fresh: str) -> None:
    trained.write("made/notes.txt", f"a new file {fresh}\n")
    ran = trained.build("--only", "inspect")
    assert ran.reasons("train") == ["input made/notes.txt added"]
    assert (ran.ran, ran.cached) == ({"train", "model", "inspect"}, {"lock-train"})
    trained.write("made/notes.txt", f"it has changed {fresh}\n")
    assert trained.build("--only", "train").reasons("train") == ["input made/notes.txt changed"]


def test_a_comment_in_the_training_retrains_and_the_same_model_cuts_off_what_follows(
    trained: Project, fresh: str
) -> None:
    before = contents(trained / "build")
    trained.edit("train.sh", "cp -r", f"# a comment {fresh}\ncp -r")
    ran = trained.build()
    assert ran.ran == {"train"}, "the trained tree is the same, so that even `model` is the same action"
    assert ran.reasons("train") == ["input train.sh changed"]
    assert contents(trained / "build") == before


def test_what_is_only_provenance_cuts_off_after_the_model(trained: Project, fresh: str) -> None:
    """mlflow writes a uuid and the time into each model that it saves."""
    trained.write("train.sh", f"cp -r made model\necho 'model_uuid: {fresh}' >> model/MLmodel\n")
    assert trained.build().ran == {"train", "model"}
    (noted,) = (trained / "build/project").rglob("provenance.json")
    assert fresh in noted.read_text()


def test_an_upgrade_of_deployc_does_not_retrain(trained: Project, tmp_path: Path, fresh: str) -> None:
    newer = f"m.version = lambda n: '{fresh}' if n == 'deployc' else old(n)"
    patch = f"import importlib.metadata as m\nold = m.version\n{newer}\n"
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer/sitecustomize.py").write_text(patch)
    newer = trained.given(PYTHONPATH=str(tmp_path / "newer"))
    assert newer.run("version").out.startswith(f"deployc {fresh} ")
    ran = newer.build("--only", "inspect")
    assert {"train", "lock-train"} <= ran.cached
    assert ran.ran == {"model", "inspect"}


def test_plan_says_what_build_then_runs_and_changes_nothing(trained: Project, fresh: str) -> None:
    trained.edit("train.sh", "cp -r", f"true {fresh}; cp -r")
    before = contents(trained.folder)
    plan = trained.run("plan", "--json")
    assert contents(trained.folder) == before
    would = {str(e["node"]): e["would"] for e in plan.events}
    ran = trained.build()
    assert would["train"] == "run"
    assert plan.reasons("train") == ran.reasons("train") == ["input train.sh changed"]
    assert {n for n, w in would.items() if w == "cached"} <= ran.cached
    assert ran.ran <= {n for n, w in would.items() if w in ("run", "maybe")}
    after = trained.run("plan")
    assert after.code == 0
    assert {line.split()[0] for line in after.out.splitlines()} == {"cached"}


def test_explain_names_what_differs(trained: Project, fresh: str) -> None:
    assert trained.run("explain", "train").out == "train: up to date\n"
    trained.edit("deploy.yaml", "sh train.sh", "sh ./train.sh")
    trained.write("made/new.txt", fresh)
    said = trained.run("explain", "train").out.splitlines()
    assert sorted(said) == ["train: input made/new.txt added", "train: param run sh train.sh -> sh ./train.sh"]
    assert "cannot be told before these have run: train" in trained.run("explain", "generate").out
    manifest = trained.run("explain", "train", "--manifest").out
    assert '\nparam "run" "sh ./train.sh"\n' in manifest
    assert "deployc" not in manifest, "an upgrade of deployc must not retrain"


def test_one_node_and_one_target(staged: Project) -> None:
    only = staged.build("--only", "inspect")
    assert not (staged / "build").exists()
    assert only.ran | only.cached == {"lock-train", "train", "model", "inspect"}
    staged.edit("deploy.yaml", "{project: {}}", "{project: {}, wheel: {}}")
    staged.build("--target", "wheel")
    assert {p.name for p in (staged / "build").iterdir()} == {"wheel", "reports"}
    staged.build("--target", "project")
    assert {p.name for p in (staged / "build").iterdir()} == {"wheel", "project", "reports"}


def test_a_copy_of_the_folder_is_judged_by_its_own_files(staged: Project, tmp_path: Path) -> None:
    staged.run("build")
    copy = copied(staged, tmp_path / "copy")
    copy.edit("train.sh", "cp -r", "true; cp -r")
    assert "up to date" not in copy.run("build").err
    assert copy.run("explain", "train").out == "train: up to date\n"
    assert staged.run("build").err == "deployc: up to date: build\n"
    copy.write("build/project/README.md", "edited")
    copy.fails("output-edited")


def test_how_to_run_it_is_told_as_a_shell_takes_it_where_it_can_be_run(given: Project) -> None:
    told = given.run("build", "--out", "our outputs").err
    assert "run it: deployc run --out 'our outputs'" in told
    given.edit("deploy.yaml", "project: {}, ", "")
    assert "run it" not in given.run("build").err
    assert "add `project: {}`" in given.run("run").err


@pytest.mark.parametrize("name", ["our müdels 模型", os.fsdecode(b"caf\xe9")], ids=["unicode", "bytes"])
def test_a_folder_may_have_any_name(given: Project, tmp_path: Path, name: str) -> None:
    project = copied(given, tmp_path / name)
    assert project.build().events[-1]["event"] == "built"
    assert project.build().events[-1]["event"] == "up-to-date"
    assert (project / "build/project/src/penguins/__init__.py").exists()


def test_the_same_words_from_another_folder_are_another_build(given: Project) -> None:
    deep = given / "a/b"
    deep.mkdir(parents=True)
    file = str(given / "deploy.yaml")
    given.run("build", file, "-o", "out")
    replace(given, folder=deep).run("build", file, "-o", "out")
    assert contents(deep / "out") == contents(given / "out") != {}


def test_a_missing_output_is_restored(given: Project) -> None:
    given.run("build")
    before = contents(given / "build")
    (given / "build/project/README.md").unlink()
    given.run("build")
    assert contents(given / "build") == before
    (given / "build/project/pyproject.toml").unlink()
    given.run("build")
    assert contents(given / "build") == before


def test_a_target_that_is_no_longer_named_is_removed_and_foreign_files_stay(ready: Project) -> None:
    ready.write("build/mine.txt", "mine")
    ready.write("build/wheel/mine.txt", "mine")
    ready.edit("deploy.yaml", "{project: {}, wheel: {}}", "{project: {}}")
    ready.build()
    assert contents(ready / "build/wheel").keys() == {"mine.txt"}
    assert (ready / "build/mine.txt").read_text() == "mine"


def test_a_failed_node_lets_independent_ones_finish_with_keep_going(staged: Project, fresh: str) -> None:
    stages = (
        f"  bad: {{run: sh bad.sh, inputs: [bad.sh], outputs: [x]}}\n  good: {{run: echo {fresh} > y, outputs: [y]}}\n"
    )
    staged.edit("deploy.yaml", "targets:", f"stages:\n{stages}targets:")
    staged.edit("deploy.yaml", "train.sh, made/]", "train.sh, made/, x, y]")
    staged.write("bad.sh", f"echo it is bad {fresh}; exit 3\n")
    ran = staged.run("build", "--json", "-j", "1")
    assert ran.code == 1
    told = {str(e["node"]): e["event"] for e in ran.events if "node" in e}
    assert told["bad"] == "failed"
    assert "good" not in ran.ran
    ran = staged.run("build", "--json", "-j", "1", "--keep-going")
    told = {str(e["node"]): e["event"] for e in ran.events if "node" in e}
    assert ran.code == 1
    assert "good" in ran.ran
    assert told["bad"] == "failed"
    assert told["train"] == told["model"] == told["project"] == "skipped"
    staged.write("bad.sh", f"echo {fresh} > x\n")
    again = staged.build("--only", "train")
    assert again.ran == {"bad", "train"}


@pytest.mark.slow
def test_a_new_row_of_the_quickstart_reruns_training_and_what_follows(quickstart: Project) -> None:
    quickstart.build()
    with (quickstart / "data/penguins.csv").open("a") as file:
        file.write(f"Gentoo,50.0,15.0,225,{random.uniform(5000, 5500)}\n")
    ran = quickstart.build()
    assert ran.reasons("train") == ["input data/penguins.csv changed"]
    assert ran.ran >= {"train", "model", "inspect", "probe"}
    assert {"lock-train", "lock-serve"} <= ran.cached


@pytest.mark.slow
def test_a_comment_in_the_quickstarts_training_runs_training_alone(quickstart: Project, fresh: str) -> None:
    """The model that train.py saves the second time differs in its uuid, times and archive, not in what it is."""
    quickstart.build()
    quickstart.edit("train.py", "model = ", f"# {fresh}\nmodel = ")
    ran = quickstart.build()
    assert ran.reasons("train") == ["input train.py changed"]
    assert ran.ran == {"train", "model"}


@pytest.mark.slow
def test_everything_runs_in_an_empty_cache(quickstart: Project, own_cache: Callable[[Project], Project]) -> None:
    project = own_cache(quickstart)
    tests = "tests: {types: {}, smoke: {}, parity: {rows: data/holdout.csv, tolerance: 1e-9}}\n"
    project.write("deploy.yaml", (project / "deploy.yaml").read_text(encoding="utf-8") + tests)
    (project / "deploy.lock").unlink()
    assert project.build().ran == ALL


@pytest.mark.slow
def test_a_row_of_a_published_sample_is_the_example_but_for_what_is_redacted(given: Project) -> None:
    given.edit("deploy.yaml", "sample: sample.csv", "sample: {path: sample.csv, publish: true}")
    given.edit("deploy.yaml", "targets:", "serve: {optimize: off}\ninputs: {body_mass_g: {redact: true}}\ntargets:")
    given.build()
    document = json.loads((given / "build/project/openapi.json").read_text(encoding="utf-8"))
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    with (given / "sample.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    columns = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm")
    assert body["examples"]["row"]["value"] == {**{name: float(row[name]) for name in columns}, "body_mass_g": 1.0}
