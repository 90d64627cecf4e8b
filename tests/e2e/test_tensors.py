"""A model that takes images: trained, built and asked as any other."""

from __future__ import annotations

import json
import signal

import pytest

from .project import Project
from .test_serving import ask, served

pytestmark = pytest.mark.slow

DEPLOY = """\
version: 1
name: images
model:
  path: model/
  code: [flat.py]
  train: {run: python train.py, inputs: [train.py, flat.py], requirements: [scikit-learn]}
serve: {framework: asgi, payload_log: {sample: 1}}
inputs: {image: {image: {unit: true, mean: [0.5]}}}
targets: {project: {}}
tests: {types: {}, smoke: {}}
"""
WHITE = "iVBORw0KGgoAAAANSUhEUgAAAAMAAAAECAAAAABuRtrbAAAAD0lEQVR4nGP8z8DAxIDAAA9BAQfxzk+yAAAAAElFTkSuQmCC"
"""A white image of 3 x 4 pixels."""
FLAT = """\
def flat(images):
    return images.reshape(len(images), -1)
"""
TRAIN = """\
import pickle
from pathlib import Path

import numpy as np
import sklearn
from flat import flat
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

images = np.random.default_rng(0).normal(size=(60, 4, 3))
labels = np.where(images.sum((1, 2)) > 0, "bright", "dark")
model = make_pipeline(FunctionTransformer(flat), LogisticRegression()).fit(images, labels)
Path("model").mkdir()
Path("model/model.pkl").write_bytes(pickle.dumps(model))
Path("model/MLmodel").write_text(f'''\\
flavors:
  sklearn: {{pickled_model: model.pkl, serialization_format: pickle, sklearn_version: {sklearn.__version__}}}
signature:
  inputs: '[{{"type": "tensor", "name": "image", "tensor-spec": {{"dtype": "float64", "shape": [-1, 4, 3]}}}}]'
''')
"""


def test_it_is_built_and_answers_arrays_of_its_shape_and_images(project: Project) -> None:
    for path, text in {"deploy.yaml": DEPLOY, "flat.py": FLAT, "train.py": TRAIN}.items():
        project.write(path, text)
    project.build()
    bright, dark = ([[sign] * 3] * 4 for sign in (1.0, -1.0))
    log = project.home / "payloads.jsonl"
    with served(project.given(IMAGES_PAYLOAD_LOG=str(log))) as (service, url):
        assert ask(f"{url}/predict", [{"image": bright}, {"image": dark}]) == (
            200,
            [{"prediction": "bright"}, {"prediction": "dark"}],
        )
        assert ask(f"{url}/invocations", {"instances": [dark, bright]}) == (200, {"predictions": ["dark", "bright"]})
        assert ask(f"{url}/invocations", {"instances": [dark, WHITE]}) == (200, {"predictions": ["dark", "bright"]})
        assert ask(f"{url}/predict", {"image": bright[:3]})[0] == 422
        assert ask(f"{url}/predict", {"image": {"b64": WHITE}}) == (200, {"prediction": "bright"})
        assert ask(f"{url}/predict", {"image": {"b64": WHITE[:20]}})[0] == 422
        service.end(signal.SIGTERM)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert sum(WHITE in line for line in lines) == 2, "the images are in the log"
    ran = project.run("replay", str(log), "--json")
    assert ran.code == 0, ran.err
    rows = [row for request in json.loads(ran.out) for row in request["rows"]]
    assert [row["trained"] for row in rows] == ["bright", "dark", "dark", "bright", "dark", "bright", "bright"]

    log.write_text(lines[-1].replace(WHITE, WHITE[:40]), encoding="utf-8")
    (damaged,) = json.loads(project.run("replay", str(log), "--json").out)[0]["rows"]
    assert (damaged["equal"], damaged["built"]) == (True, "422 invalid-row")
    assert damaged["trained"] == "ValueError: this is no PNG or JPEG image"
