"""Several models behind one service: built, proved and asked as one, and each made again alone."""

from __future__ import annotations

import shutil
import sys

import pytest

from .project import Project
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
targets: {{project: {{}}, wheel: {{}}, docker: {{}}}}
tests:
  types: {{}}
  smoke: {{}}
  parity: {{model: species-of, rows: sample.csv, tolerance: 1e-9}}
"""


@pytest.mark.slow
def test_two_models_are_proved_and_served_as_one_and_made_again_each_alone(given: Project) -> None:
    shutil.copytree(given / "model", given / "made")
    given.write("deploy.yaml", DEPLOY)
    ran = given.run("build")
    assert ran.code == 0, ran.err
    assert "all: compiled with linear: equal to the original on " in ran.err
    assert "species-of: compiled with linear: equal to the original on " in ran.err

    with served(given) as (_, url):
        for name in ("all", "species-of"):
            assert ask(f"{url}/{name}/predict", ROW) == (200, {"prediction": "Adelie"})
            assert ask(f"{url}/v2/models/{name}/ready") == (200, {"name": name, "ready": True})
        assert ask(f"{url}/species-of/predict_proba", ROW)[0] == 404
        status, told = ask(f"{url}/info")
        assert status == 200
        assert isinstance(told, dict)
        assert [*told["models"]] == ["all", "species-of"]

    given.edit("deploy.yaml", "min: 1000", "min: 1001")
    again = given.run("build", "--json")
    assert again.code == 0, again.err
    assert "inspect-species-of" in again.ran
    assert not {name for name in again.ran if name.endswith("-all")}
    assert [event["event"] for event in given.run("build", "--json").events] == ["up-to-date"]
    assert given.run("prove", "--rows", "sample.csv").codes == ["several-models"]
