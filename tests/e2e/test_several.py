"""Several models behind one service: built, proved and asked as one, and each made again alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import uv

from ..containers import base
from ..containers.registry import served as registry_at
from ..containers.running import running, unpacked
from .project import Project
from .test_hooks import HOOKS, UNITS
from .test_hooks import ROW as MEASURED
from .test_serving import ROW, ask, served

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
DEPLOY = f"""\
version: 1
name: penguins
python: "{PYTHON}"
models:
  all:
    path: model/
    sample: sample.csv
  species-of:
    path: species/
    train: {{run: cp -r made species, inputs: [made/]}}
    sample: sample.csv
    methods: [predict]
    inputs: {{body_mass_g: {{min: 1000}}}}
serve: {{framework: asgi}}
targets: {{project: {{}}, wheel: {{}}, trained: {{}}, docker: {{}}}}
tests:
  types: {{}}
  smoke: {{}}
  parity: {{model: species-of, rows: sample.csv, tolerance: 1e-9}}
"""
FIELD = """\
  field:
    path: model/
    sample: sample.csv
    hooks: {module: features.hooks, timeout: 2s}
  second:
    path: model/
    sample: sample.csv
    inputs: {bill_length_mm: {from: all.predict_proba.Adelie}}
serve:"""

LINE = {
    "schema": "payload/1",
    "time": "2026-11-25T03:43:33Z",
    "request_id": "case-1",
    "model": "",
    "method": "predict",
    "rows": [ROW],
    "redacted": [],
    "answers": [{"prediction": "Adelie"}],
    "status": 200,
}


def of_classes(url: str, row: object) -> dict[str, float]:
    """The probabilities that are answered to a row."""
    status, answer = ask(url, row)
    assert status == 200, answer
    assert isinstance(answer, dict)
    found: dict[str, float] = answer["probabilities"]
    return found


@pytest.mark.slow
def test_two_models_are_proved_and_served_as_one_and_made_again_each_alone(given: Project) -> None:
    shutil.copytree(given / "model", given / "made")
    given.write("features/hooks.py", HOOKS)
    given.write("features/units.py", UNITS)
    more = "".join(
        f"  {name}: {{kind: parity, model: {model}, rows: sample.csv, tolerance: 1e-9}}\n"
        for name, model in (("hooked", "field"), ("chained", "second"))
    )
    given.write("deploy.yaml", DEPLOY.replace("serve:", FIELD) + more)
    ran = given.run("build")
    assert ran.code == 0, ran.err
    assert "all: compiled with linear: equal to the original on " in ran.err
    assert "species-of: compiled with linear: equal to the original on " in ran.err
    for name in ("all", "species-of"):
        trained = given / "build/trained" / name / "model.skops"
        assert trained.read_bytes() == (given / "model/model.skops").read_bytes()

    with served(given) as (_, url):
        for name in ("all", "species-of"):
            assert ask(f"{url}/{name}/predict", ROW) == (200, {"prediction": "Adelie"})
            assert ask(f"{url}/v2/models/{name}/ready") == (200, {"name": name, "ready": True})
        assert ask(f"{url}/species-of/predict_proba", ROW)[0] == 404
        assert ask(f"{url}/field/predict", ROW)[0] == 422
        status, answer = ask(f"{url}/field/predict", MEASURED)
        assert status == 200
        assert isinstance(answer, dict)
        assert (answer["species"], answer["started"]) == ("Adelie", True)
        adelie = of_classes(f"{url}/all/predict_proba", ROW)["Adelie"]
        chained = of_classes(f"{url}/all/predict_proba", {**ROW, "bill_length_mm": adelie})
        assert of_classes(f"{url}/second/predict_proba", ROW) == pytest.approx(chained)
        status, told = ask(f"{url}/info")
        assert status == 200
        assert isinstance(told, dict)
        assert [*told["models"]] == ["all", "species-of", "field", "second"]

    given.edit("deploy.yaml", "min: 1000", f"min: {uuid.uuid4().int % 1000}")
    again = given.run("build", "--json")
    assert again.code == 0, again.err
    assert "inspect-species-of" in again.ran
    assert not {name for name in again.ran if name.endswith(("-all", "-field", "-second"))}
    assert [event["event"] for event in given.run("build", "--json").events] == ["up-to-date"]

    proved = given.run("prove", "--rows", "sample.csv", "--model", "species-of")
    assert proved.code == 0, proved.err
    assert "predict: 14 answers, 0 different" in proved.out
    for other in ("field", "second"):
        assert given.run("prove", "--rows", "sample.csv", "--model", other).code == 0
    given.write("log", "".join(f"{json.dumps(LINE | {'name': name})}\n" for name in ("all", "species-of")))
    replayed = given.run("replay", "log", "--model", "species-of")
    assert replayed.code == 0, replayed.err
    assert replayed.out.count("request case-1") == 1
    for command, unknown in (
        (("prove", "--rows", "sample.csv"), "which-model"),
        (("replay", "log"), "replay-unreadable"),
    ):
        assert given.run(*command).codes == ["several-models"]
        assert given.run(*command, "--model", "third").codes == [unknown]


@pytest.mark.slow
def test_each_scores_files_by_a_command_of_its_own_and_kserve_runs_them(
    given: Project, tmp_path: Path, uv_cache: Path
) -> None:
    shutil.copytree(given / "model", given / "made")
    image = f"registry.example.com/team/penguins@sha256:{'ab' * 32}"
    targets = f"batch: {{}}, kserve: {{image: '{image}'}}"
    # a model called as a module of the service is
    text = DEPLOY.replace("docker: {}", targets).replace("  all:\n", "  service:\n")
    given.write("deploy.yaml", text.replace("project: {}, wheel: {}, trained: {}, ", "project: {}, "))
    ran = given.run("build")
    assert ran.code == 0, ran.err
    assert image in (given / "build/kserve/inference-service.yaml").read_text(encoding="utf-8")

    environ = {**os.environ, "UV_CACHE_DIR": str(uv_cache), "VIRTUAL_ENV": str(tmp_path / "own")}
    [wheel] = (given / "build/batch").glob("*.whl")
    subprocess.run([uv.find_uv_bin(), "venv", "-q", tmp_path / "own"], env=environ, check=True)
    subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", wheel], env=environ, check=True)
    given.write("rows.jsonl", f"{json.dumps(ROW)}\n{json.dumps({**ROW, 'bill_length_mm': 'long'})}\n")
    for model in ("service", "species-of"):
        command = [tmp_path / f"own/bin/penguins-{model}-score", given / "rows.jsonl", tmp_path / f"{model}.csv"]
        assert subprocess.run(command).returncode == 3, "one row is bad"
        assert "1,Adelie" in (tmp_path / f"{model}.csv").read_text(encoding="utf-8")
        bad = (tmp_path / f"{model}.csv.errors.jsonl").read_text(encoding="utf-8")
        assert '"row":2,"field":"bill_length_mm"' in bad


@pytest.mark.slow
def test_their_image_has_a_layer_for_each_and_tells_of_both(given: Project, tmp_path: Path) -> None:
    if PYTHON != base.PYTHON:
        pytest.skip(f"the base of tests has Python {base.PYTHON}")
    shutil.copytree(base.layout(), given / "base", copy_function=os.link)
    shutil.copytree(given / "model", given / "made")
    (tmp_path / "registry").mkdir()
    with registry_at(tmp_path / "registry") as registry:
        name = f"{registry.address}/team/penguins:1"
        target = f"oci: {{base: ./base, reference: '{name}'}}, kubernetes: {{image: oci}}, compose: {{image: oci}}"
        given.write("deploy.yaml", DEPLOY.replace("docker: {}", target))
        published = given.run("publish", "oci")
        assert published.code == 0, published.err
        found = given.run("verify", name)
    assert found.code == 0, found.err
    assert "models.all " in found.out
    assert "models.species-of " in found.out

    bundle = unpacked(given / "build/oci", "1", tmp_path / "bundle")
    with running(bundle, "PENGUINS_", {}) as container:
        for model in ("all", "species-of"):
            assert ask(f"{container.address}/{model}/predict", ROW) == (200, {"prediction": "Adelie"})
        assert container.stop() == 0
    given.edit("deploy.yaml", "min: 1000", f"min: {uuid.uuid4().int % 1000}")
    assert {name for name in given.build().ran if name.startswith("oci/")} <= {"oci/model-species-of"}
