"""The other commands, wrong usage, and how they talk."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from .project import Project, contents

BOOSTERS = Path(__file__).parents[1] / "boosters"
COMMANDS = ["build", "check", "clean", "eject", "explain", "graph", "init", "inspect", "list", "lock", "plan", "run"]
COMMANDS += ["prove", "replay", "schema", "version"]


@pytest.mark.slow
def test_help_names_every_command_and_each_helps_with_examples(project: Project) -> None:
    told = project.run("--help")
    assert (told.code, told.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in told.out
        own = project.run(name, "--help")
        assert (own.code, own.err) == (0, "")
        assert "examples:" in own.out


@pytest.mark.parametrize(
    "words",
    [
        "bild",
        "build --no-such-flag",
        "build -j",
        "build -j many",
        "explain",
        "inspect",
        "init",
        "list",
        "list modles",
        "-x",
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(project: Project, words: str) -> None:
    ran = project.run(*words.split())
    assert (ran.code, ran.out) == (2, "")
    assert "usage:" in ran.err
    assert not contents(project.folder)


@pytest.mark.parametrize(
    "words",
    [("build", "-o", ""), ("build", "--only", ""), ("check", "-e", ""), ("run", "--env="), ("publish", "--out=")],
)
def test_a_name_that_is_empty_is_wrong_usage(project: Project, words: tuple[str, ...]) -> None:
    ran = project.run(*words)
    assert ran.code == 2
    assert "it is empty, and names nothing" in ran.err


@pytest.mark.parametrize("count", ["0", "-1"])
def test_no_job_at_a_time_is_wrong_usage(project: Project, count: str) -> None:
    assert project.run("build", "-j", count).code == 2


def test_names_that_do_not_exist(given: Project) -> None:
    assert "known: " in given.fails("unknown-node", "--only", "nothing")
    assert "known: project, wheel" in given.fails("unknown-target", "--target", "image")
    assert "did you mean `wheel`?" in given.fails("unknown-target", "--target", "wheell")
    assert "no command `buidl`: did you mean `build`?" in given.run("buidl").err
    assert given.run("explain", "nothing").codes == ["unknown-node"]
    ran = given.run("build", "other.yaml")
    assert ran.code == 1
    assert "other.yaml" in ran.err


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("build wheel", "`deployc build --target wheel`"),
        ("plan kubernetes", "`targets`, such as `kubernetes: {}`"),
        ("build parity", "`tests`, such as `parity: {}`"),
        ("build .", "such as `deploy.yaml`"),
        ("inspect s3://bucket/model.joblib", "download it"),
        (
            "init https://user:word@example.com/m.pkl --file new.yaml",
            "https://*********@example.com/m.pkl is an address",
        ),
    ],
)
def test_what_is_no_file_gets_advice(given: Project, words: str, advice: str) -> None:
    ran = given.run(*words.split())
    assert (ran.code, len(ran.codes)) == (1, 1)
    assert advice in ran.err


def test_a_pipe_is_not_waited_for(given: Project) -> None:
    os.mkfifo(given.folder / "piped.yaml")
    assert "`piped.yaml` is a pipe or a device" in given.fails("not-a-file", "piped.yaml")
    (given.folder / "deploy.lock").unlink(missing_ok=True)
    os.mkfifo(given.folder / "deploy.lock")
    assert "`deploy.lock` is a pipe or a device" in given.fails("not-a-file")


@pytest.mark.parametrize("out", ["deploy.yaml", "deploy.yaml/below", "/dev/null"])
def test_outputs_that_could_go_nowhere_are_refused_before_anything_runs(given: Project, out: str) -> None:
    before = contents(given.folder)
    ran = given.run("build", "--out", str(given.folder / out))
    assert (ran.code, ran.codes) == (1, ["output-in-the-way"])
    assert f"{out.removesuffix('/below')} is no folder" in ran.err
    assert "  run  " not in ran.err
    assert contents(given.folder) == before
    given.build("--only", "inspect", "--out", str(given.folder / out))


def test_every_mistake_of_a_deploy_yaml_is_told_at_once(given: Project) -> None:
    given.write(
        "deploy.yaml", "version: 1\nname: Bad Name\nmodel: {pth: x}\nserve: {framework: fastpi}\ntargets: {a: {}}\n"
    )
    for command in ("check", "build", "plan", "lock", "graph"):
        ran = given.run(command)
        assert ran.code == 1
        assert {"unknown-framework", "unknown-key", "unknown-target"} <= set(ran.codes)
    assert "deploy.yaml:4:20" in ran.err
    assert "did you mean `fastapi`?" in ran.err
    assert "\n   |                   ^" in ran.err or "^^^^^^" in ran.err


def test_check_builds_nothing(given: Project) -> None:
    ran = given.run("check")
    assert (ran.code, ran.out) == (0, "")
    assert not (given / "build").exists()
    given.edit("deploy.yaml", "model/", "no/")
    told = given.run("check", "--json")
    assert told.code == 1
    assert [(e["code"], e["line"]) for e in told.events] == [("missing-file", 5)]


def test_json_has_every_event_and_error_on_a_line_of_its_own(staged: Project, fresh: str) -> None:
    staged.write("train.sh", f"echo {fresh} in the log\nexit 1\n")
    ran = staged.run("build", "--json")
    assert ran.code == 1
    assert ran.err == ""
    assert {"event": "log", "node": "train", "line": f"{fresh} in the log"} in ran.events
    assert ran.events[-1]["code"] == "command-failed"


def test_standard_output_is_for_data_and_without_colour(given: Project) -> None:
    ran = given.given(TERM="xterm-256color", NO_COLOR="1").run("build")
    assert (ran.code, ran.out) == (0, "")
    assert "\x1b" not in ran.err
    ran = given.given(LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii").run("plan")
    assert ran.code == 0
    assert ran.out.isascii()


ON_A_TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


def test_a_terminal_shows_what_runs_and_then_how_it_ended(staged: Project, fresh: str) -> None:
    terminal = replace(staged, inside=(sys.executable, "-c", ON_A_TERMINAL)).given(TERM="xterm-256color", COLUMNS="120")
    staged.write("train.sh", f"echo {fresh} in the log\nsleep 600\n")
    with terminal.running("build") as it:
        it.wait_for(f" s  {fresh} in the log")
    staged.write("train.sh", f"echo {fresh} in the log\nexit 1\n")
    ran = terminal.run("build")
    assert ran.code == 1
    assert "\x1b[1;31m  failed  train" in ran.out
    assert "error[command-failed]" in re.sub(r"\x1b\[[\d;]*m", "", ran.out)


def test_a_terminal_that_knows_only_ascii_gets_readable_errors(given: Project) -> None:
    given.edit("deploy.yaml", "name: penguins", "name: pingüins")
    ran = given.given(LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii").run("build")
    assert ran.code == 1
    assert "deploy.yaml:2:7" in ran.err


def test_errors_are_annotations_in_githubs_ci(given: Project) -> None:
    given.edit("deploy.yaml", "model/", "no/")
    ran = given.given(GITHUB_ACTIONS="true", CI="true").run("check")
    assert ran.out.startswith("::error file=deploy.yaml,line=5,")


@pytest.mark.parametrize("what", ["frameworks", "flavors", "optimizers", "targets", "tests"])
def test_list(project: Project, what: str) -> None:
    rows = json.loads(project.run("list", what, "--json").out)
    table = project.run("list", what).out.splitlines()
    assert [row["name"] for row in rows] == [line.split()[0] for line in table]
    assert all(row["summary"] for row in rows)
    wanted = {
        "frameworks": "fastapi",
        "flavors": "sklearn",
        "optimizers": "linear",
        "targets": "wheel",
        "tests": "parity",
    }
    assert wanted[what] in {row["name"] for row in rows}


def test_schema_version_and_graph(given: Project) -> None:
    schema = json.loads(given.run("schema").out)
    assert schema["$schema"].endswith("2020-12/schema")
    version = given.run("version").out
    assert version.startswith("deployc ")
    assert given.run("--version").out == version
    mermaid = given.run("graph").out
    assert mermaid.startswith("flowchart LR\n")
    assert "    generate --> assemble\n" in mermaid
    dot = given.run("graph", "--dot").out
    assert dot.startswith("digraph deployc {\n")
    assert '    "generate" -> "assemble"\n' in dot
    assert not (given / "build").exists()


def test_inspect_says_what_a_model_is(given: Project) -> None:
    told = given.run("inspect", "model")
    assert told.code == 0
    assert "flavor      sklearn" in told.out
    assert "bill_length_mm: double" in told.out
    facts = json.loads(given.run("inspect", "model", "--json", "--sample", "sample.csv").out)
    assert facts["flavor"] == "sklearn"
    assert "predict_proba" in facts["methods"]


def test_what_was_noticed_in_a_model_is_told_by_each_command_that_reads_it(project: Project) -> None:
    saved = json.loads((BOOSTERS / "xgboost/booster.json").read_text())
    del saved["learner"]["gradient_booster"]["model"]["cats"]
    project.write("model.json", json.dumps(saved))
    noticed = "its file keeps no categories, as before XGBoost 3.1: a request gives their numbers"
    assert f"note        {noticed}\n" in project.run("inspect", "model.json").out
    assert f"  {noticed}\n" in project.run("init", "model.json").err
    assert json.loads(project.build("--only", "inspect").out.splitlines()[-1])["remarks"] == [noticed]
    assert f"inspect: {noticed}\n" in project.run("explain", "inspect").out


@pytest.mark.parametrize(
    ("model", "name"), [("modèle ß.txt", "modele"), ("json.txt", "json-service"), ("class.txt", "class-service")]
)
def test_init_writes_what_check_accepts_whatever_the_model_is_called(project: Project, model: str, name: str) -> None:
    shutil.copy(BOOSTERS / "lightgbm/booster.txt", project / model)
    shutil.copy(BOOSTERS / "table.csv", project / "dónées.csv")
    ran = project.run("init", model, "--sample", "dónées.csv", "--file", "a b.yaml")
    assert "next: deployc build 'a b.yaml'" in ran.err
    assert project.run("check", "a b.yaml").code == 0
    said = (project / "a b.yaml").read_text(encoding="utf-8")
    assert f"name: {name}\n" in said
    assert f"model: {{path: {model}, sample: dónées.csv}}\n" in said


@pytest.mark.parametrize(
    ("where", "words"),
    [("deploy.yaml", ("--name", "Bad Name")), ("below/deploy.yaml", ()), ("a.yaml", ("--name", "json"))],
)
def test_init_writes_nothing_that_check_refuses(project: Project, where: str, words: tuple[str, ...]) -> None:
    shutil.copy(BOOSTERS / "lightgbm/booster.txt", project / "model.txt")
    project.write("below/other", "")
    ran = project.run("init", "model.txt", "--file", where, *words)
    assert ran.code == 1
    assert ran.codes in (["bad-value"], ["reserved-name"])
    assert f"--> {where}:" in ran.err
    assert not (project / where).exists()


@pytest.mark.slow
def test_init_writes_a_deploy_yaml_that_builds(given: Project) -> None:
    (given / "deploy.yaml").unlink()
    ran = given.run("init", "model", "--sample", "sample.csv")
    assert ran.code == 0, ran.err
    assert given.run("check").code == 0
    assert given.run("init", "model").codes == ["output-in-the-way"]
    given.build("--target", "project", "--only", "assemble")


@pytest.mark.slow
def test_eject_gives_a_project_of_the_users_own(given: Project) -> None:
    assert given.run("eject").codes == ["not-built"]
    given.build()
    assert given.run("eject", "mine").code == 0
    built = contents(given / "build/project")
    assert contents(given / "mine") == built
    assert given.run("eject", "mine").codes == ["output-in-the-way"]
    given.write("mine/README.md", "mine")
    given.build()
    assert contents(given / "build/project") == built


def test_clean_forgets_and_the_next_build_is_the_same(ready: Project) -> None:
    before = contents(ready / "build")
    assert ready.run("clean").code == 0
    assert contents(ready / "build") == before
    assert ready.build().ran == set()
    (ready / "build/project/README.md").write_text("edited")
    ready.run("clean")
    ready.fails("output-edited")


def test_clean_says_where_there_is_nothing_to_forget(project: Project) -> None:
    ran = project.run("clean", "deploi.yaml")
    assert (ran.code, ran.codes) == (1, ["missing-file"])
    assert "--trained goes with --cache" in (refused := project.run("clean", "--trained")).err
    assert refused.code == 2


def test_clean_cache_keeps_what_was_trained(project: Project, tmp_path: Path) -> None:
    project.write(
        "deploy.yaml", "version: 1\nname: a\nmodel: {path: m, train: {run: echo 1 > m}}\ntargets: {project: {}}\n"
    )
    own = replace(project, cache=tmp_path / "cache")
    assert own.build("--only", "train").ran == {"lock-train", "train"}
    unused = own.run("clean", "--cache", "--unused", "30")
    assert (unused.code, unused.err) == (0, "deployc: freed 0.0 MB\n")
    assert list((own.cache / "envs").glob("*/bin"))
    assert own.run("clean", "--cache").code == 0
    assert not list((own.cache / "envs").glob("*/bin"))
    assert own.build("--only", "train").ran == set()
    own.run("clean", "--cache", "--trained")
    assert own.build("--only", "train").ran == {"train"}


def test_a_folder_that_is_gone_is_told(project: Project) -> None:
    script = 'rmdir ../project; exec "$@"'
    ran = replace(project, inside=("sh", "-c", script, "sh")).run("build")
    assert ran.code == 1
    assert "= help: the folder may have been removed meanwhile" in ran.err


def test_ctrl_c_before_the_command_is_loaded_leaves_no_trace(project: Project, tmp_path: Path) -> None:
    lines = (
        "import os, signal, sys",
        "class Pressed:",
        "    def find_spec(self, name, path=None, target=None):",
        "        if name == 'deployc.compiler.cli.main': os.kill(os.getpid(), signal.SIGINT)",
        "sys.meta_path.insert(0, Pressed())",
    )
    (tmp_path / "pressed").mkdir()
    (tmp_path / "pressed/sitecustomize.py").write_text("\n".join(lines))
    with project.given(PYTHONPATH=str(tmp_path / "pressed")).running("version") as command:
        ended = command.end()
    assert (ended.code, ended.err) == (130, "deployc: interrupted\n")


@pytest.mark.slow
def test_a_model_that_init_describes_builds_and_proves_itself(given: Project) -> None:
    (given / "deploy.yaml").unlink()
    given.run("init", "model", "--sample", "sample.csv")
    given.build()
    assert (given / "build/reports/parity/report.json").is_file()


def test_a_bug_of_deployc_is_called_one_and_tells_what_to_send(project: Project, tmp_path: Path) -> None:
    broken = "import platform\nplatform.python_version = lambda: 1 / 0\n"
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/sitecustomize.py").write_text(broken)
    with project.given(PYTHONPATH=str(tmp_path / "broken")).running("version") as command:
        ended = command.end()
    assert (ended.code, ended.err.count("\n")) == (70, 2)
    assert "this is a bug in deployc: ZeroDivisionError" in ended.err
    (told,) = project.home.glob("deployc-bug-*.txt")
    assert str(told) in ended.err
    assert "Traceback" in told.read_text()
