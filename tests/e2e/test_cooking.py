"""`build()` and `cook()`, as Python code and notebooks call them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from deployc.compiler import DeploycError, build, cook
from deployc.compiler.api.rows import Json

from .project import EXAMPLES, SECONDS, Project

HERE = Path(__file__).parent
ROWS = [{"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750}]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process's own builds do not lock as CI's do."""
    monkeypatch.delenv("CI", raising=False)


def use(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process build as the project's commands do."""
    for name, value in project.environ().items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("inside")
def test_build_gives_what_the_command_line_puts_out(
    ready: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(ready, monkeypatch)
    found = build(ready / "deploy.yaml")
    assert found.ran == ()
    assert found.targets == {"project": ready / "build/project", "wheel": ready / "build/wheel"}
    assert "deployc: built penguins" in capsys.readouterr().out


@pytest.mark.usefixtures("inside")
def test_a_built_service_runs_and_answers(ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(ready, monkeypatch)
    with build(ready / "deploy.yaml", quiet=True).run() as service:
        assert service.predict(ROWS) == ["Adelie"]
        # an array has no names and one type for all columns
        assert service.predict([[float(cell) for cell in ROWS[0].values()]]) == ["Adelie"]
        probabilities = service.predict_proba(ROWS[0])[0]
        assert isinstance(probabilities, dict)
        assert sorted(probabilities) == ["Adelie", "Chinstrap", "Gentoo"]
        with pytest.raises(DeploycError, match="request-refused") as raised:
            service.predict([{"bill_length_mm": "long"}])
        assert "bill_length_mm" in str(raised.value)
    with pytest.raises(DeploycError, match="does not answer"):
        service.predict(ROWS)


LEFT = """\
import os, signal
from deployc.compiler import build
service = build("deploy.yaml", quiet=True).run()
print(service.url, service.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_service_ends_with_a_python_that_is_killed(ready: Project) -> None:
    ready.write("left.py", LEFT)
    said = cooked(ready, "left.py")
    assert said.returncode == -signal.SIGKILL, said.stderr
    url, leader = said.stdout.split()
    with suppress(ProcessLookupError):  # it has gone already
        ended = os.pidfd_open(int(leader))
        assert select.select([ended], [], [], SECONDS)[0], "it is still there"
        os.close(ended)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}/readyz", timeout=5)


@pytest.mark.usefixtures("inside")
def test_a_mistake_reads_as_on_the_command_line(given: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(given, monkeypatch)
    given.edit("deploy.yaml", "sample: sample.csv", "sampel: sample.csv")
    told = given.run("check").err
    with pytest.raises(DeploycError) as raised:
        build(given / "deploy.yaml")
    assert str(raised.value).strip().replace(f"{given.folder}/", "") == told.strip()
    assert "Traceback" not in "".join(raised.value._render_traceback_())


@pytest.mark.usefixtures("inside")
def test_a_service_that_does_not_start_says_why(ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(ready, monkeypatch)
    found = build(ready / "deploy.yaml", quiet=True)
    with pytest.raises(DeploycError, match="service-not-ready") as raised:
        found.run(environ={"PENGUINS_WORKERS": "many"})
    assert "PENGUINS_WORKERS" in str(raised.value)


@pytest.mark.usefixtures("inside")
def test_what_has_no_project_cannot_be_run(ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(ready, monkeypatch)
    ready.edit("deploy.yaml", "project: {}, wheel", "wheel")
    with pytest.raises(DeploycError, match="add `project`"):
        build(ready / "deploy.yaml", quiet=True).run()


@pytest.mark.usefixtures("inside")
def test_one_target_is_as_good_as_a_list_of_one(ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(ready, monkeypatch)
    # a path may begin as a shell's does
    ready.edit("deploy.yaml", "sample: sample.csv", "sample: ./sample.csv")
    found = build(ready / "deploy.yaml", targets="wheel", quiet=True)
    assert (found.targets, found.ran) == ({"wheel": ready / "build/wheel"}, ())


@pytest.mark.usefixtures("inside")
def test_what_needs_no_model_is_built_too(given: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(given, monkeypatch)
    image = f"ghcr.io/penguins/penguins@sha256:{'a' * 64}"
    given.edit("deploy.yaml", "{project: {}, wheel: {}}", f"{{kubernetes: {{image: {image}}}}}")
    found = build(given / "deploy.yaml", quiet=True)
    assert image in (found.targets["kubernetes"] / "deployment.yaml").read_text()
    assert found.columns == ()


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("jobs", [0, -1])
def test_no_nodes_at_a_time_are_none(given: Project, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    use(given, monkeypatch)
    with pytest.raises(DeploycError, match="`jobs` is"):
        build(given / "deploy.yaml", jobs=jobs)


def test_a_folder_that_is_a_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "churn").write_text("mine")
    with pytest.raises(DeploycError, match="output-in-the-way"):
        cook(object(), name="churn", folder=tmp_path / "churn")
    assert (tmp_path / "churn").read_text() == "mine"


def test_a_file_may_be_called_as_an_option() -> None:
    with pytest.raises(DeploycError, match="missing-file"):
        build("--force.yaml")


@pytest.mark.slow
@pytest.mark.usefixtures("inside")
def test_a_key_out_of_a_file_is_sent(ready: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    use(ready, monkeypatch)
    ready.edit("deploy.yaml", "targets:", "serve: {api_key: true, optimize: off}\ntargets:")
    key = ready.write("key.txt", "much secret\n")
    with build(ready / "deploy.yaml", quiet=True).run(environ={"PENGUINS_API_KEY_FILE": str(key)}) as service:
        assert service.predict(ROWS) == ["Adelie"]


def cooked(project: Project, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a script says that is run in the project's folder with the tester's own model libraries."""
    return subprocess.run(
        [sys.executable, script, *arguments],
        cwd=project.folder,
        env=project.environ(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.slow
def test_a_model_in_memory_becomes_a_service_that_answers_as_it_does(project: Project) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("polars")
    for name in ("cook_species.py", "own_features.py"):
        project.write(name, (HERE / name).read_text(encoding="utf-8"))
    done = cooked(project, "cook_species.py", str(EXAMPLES / "quickstart"))
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Json] = json.loads(done.stdout.splitlines()[-1])
    assert (said["rows"], said["again"]) == (20, [])
    assert said["table"] == said["polars"] == said["array"] == said["mappings"] == said["truth"]
    # from there on the command line has nothing to do
    ran = project.build("species/deploy.yaml")
    assert ran.ran == set()


UNSERVED = """\
from deployc.compiler import DeploycError, cook
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

kept = object()

class Mine(BaseEstimator):
    def fit(self, rows, labels=None):
        return self
    def predict(self, rows):
        return [kept is None for _ in rows]

def double(rows):
    return [rows, kept]

for model in (
    Mine(),
    make_pipeline(FunctionTransformer(double), Mine()),
    FunctionTransformer(lambda rows: rows),
    FunctionTransformer(open("script.py").read),
    {"a": 1},
    Mine,
):
    try:
        cook(model, name="mine", sample=[[1.0]])
    except DeploycError as error:
        print(error, end="\\n---")
"""


@pytest.mark.slow
def test_what_no_service_could_load_is_told_before_anything_is_written(project: Project) -> None:
    pytest.importorskip("sklearn")
    project.write("script.py", UNSERVED)
    told = cooked(project, "script.py").stdout.split("---")
    for said, code, word in zip(
        told,
        [*["class-in-notebook"] * 2, *["model-unsaved"] * 2, *["unknown-flavor"] * 2],
        ("uses `Mine` of", "uses `kept`", "`def` in a module", "open file", "not a model", "Mine is a class"),
        strict=False,
    ):
        assert f"error[{code}]" in said
        assert word in said
    assert len(told) == 7
    assert not (project / "mine").exists()
