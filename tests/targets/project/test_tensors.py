"""A model that takes an array of more than two dimensions: a row holds an array of a known shape, in every protocol."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.formats.overrides import overridden
from deployc.compiler.model_spec import Column, Limits, ModelSpec
from deployc.schema.config import Input
from deployc.schema.diagnostics import UserError
from deployc.targets import project
from deployc.targets.project.rows import LONGEST

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config, files

IMAGE = Column(name="image", type="double", shape=(2, 3))
SPEC = replace(REGRESSOR, inputs=(IMAGE,), container="tensor")
ONE, OTHER = [[1, 2, 3], [4, 5, 6]], [[6, 5, 4], [3, 2, 1]]
MODEL = """
class Model:
    def __init__(self, path): ...
    def predict(self, rows): return [row.image[0][0] for row in rows]
"""
SCRIPT = """
import json, sys
from churn.predictor import Predictor
from churn.problems import Rejected
from churn.service import Service
from churn.settings import Settings
from churn.web import Request, rejected
service = Service(Settings(), Predictor.load)
service.start()
def answered(path, body, tail):
    headers = {"content-type": "application/json"}
    headers |= {"inference-header-content-length": str(len(body))} if tail else {}
    try:
        service.admit(path, headers.get)
        return service.answer_now(Request(path, "", headers.get, body.encode() + bytes.fromhex(tail)))
    except Rejected as error:
        return rejected(error)
print(json.dumps([json.loads(answered(*asked).body) for asked in json.loads(sys.argv[1])]))
"""
INFER = "/v2/models/churn/infer"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensor")
    cas = Cas(folder / "cas")
    cas.materialise(project.generate(spec=SPEC, outputs=REGRESSOR_OUTPUTS, config=config(), cas=cas), folder)
    (folder / "src/churn/model.py").write_text(MODEL, encoding="utf-8")
    return folder / "src"


def asked(service: Path, *requests: tuple[str, object], tail: bytes = b"") -> list[object]:
    """The answers to requests, each of a path and a body."""
    sent = json.dumps([[path, json.dumps(body), tail.hex()] for path, body in requests])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, sent], cwd=service, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


def tensor(data: object = None, **said: object) -> dict[str, object]:
    given = {} if data is None else {"data": data}
    return {"inputs": [{"name": "image", "datatype": "FP64", "shape": [2, 2, 3], **given, **said}]}


BODIES: list[tuple[str, object]] = [
    ("/predict", [{"image": ONE}, {"image": OTHER}]),
    ("/invocations", {"instances": [ONE, OTHER]}),
    ("/invocations", {"inputs": [ONE, OTHER]}),
    ("/invocations", {"inputs": {"image": [ONE, OTHER]}}),
    ("/invocations", {"dataframe_records": [{"image": ONE}, {"image": OTHER}]}),
    (INFER, tensor([ONE, OTHER])),
    (INFER, tensor([1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1])),
]


def test_every_protocol_says_it_its_own_way(service: Path) -> None:
    for body, answer in zip(BODIES, asked(service, *BODIES), strict=True):
        said = json.dumps(answer)
        assert '{"prediction": 1.0}, {"prediction": 6.0}' in said or "[1.0, 6.0]" in said, (body, said)


REFUSED: list[tuple[str, object, str]] = [
    ("/predict", {"image": [[1, 2, 3]]}, '"Expected `array` of length >= 2", "field": "image"'),
    ("/predict", {"image": [[1, 2, 3], [4, 5, 6, 7]]}, '"Expected `array` of length <= 3", "field": "image[1]"'),
    ("/predict", [{"image": [[1, 2, 3], [4, None, 6]]}], '"Expected `float`, got `null`", "field": "[0].image[1][1]"'),
    ("/predict", {"image": 1}, '"Expected `array`, got `int`", "field": "image"'),
    ("/invocations", {"instances": ONE}, "Expected `array` of length <= 2 - at `[0].image`"),
    ("/invocations", {"instances": 3}, "Expected `array`, got `int` - at `instances`"),
    (INFER, tensor([ONE, OTHER], shape=[2, 6]), "its data is not of the shape [2, 6]"),
    (INFER, tensor([1] * 12, shape=[2, 6]), "its shape has to be [n, 2, 3], not [2, 6]"),
    (INFER, tensor([1] * 11), "it has 11 values, which is not what its shape [2, 2, 3] says"),
]


def test_an_array_of_another_shape_is_refused_with_its_place(service: Path) -> None:
    answers = asked(service, *((path, body) for path, body, _ in REFUSED))
    for (_, _, said), answer in zip(REFUSED, answers, strict=True):
        assert said in json.dumps(answer)


def test_binary_after_json_is_the_array_row_by_row(service: Path) -> None:
    values = struct.pack("<12d", *range(1, 13))
    (answer,) = asked(service, (INFER, tensor(parameters={"binary_data_size": len(values)})), tail=values)
    assert isinstance(answer, dict)
    assert answer["outputs"][0]["data"] == [1.0, 7.0]


def shown(folder: Path, spec: ModelSpec) -> str:
    return files(folder, spec, REGRESSOR_OUTPUTS)["src/churn/openapi.py"]


def test_the_documented_array_has_the_shape_and_keeps_the_bounds_unless_it_is_long(tmp_path: Path) -> None:
    bounded = replace(IMAGE, limits=Limits(minimum=2.0, maximum=3.0))
    example = "{'image': [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]}".replace("'", '"')
    assert example in shown(tmp_path / "short", replace(SPEC, inputs=(bounded,)))
    long = replace(SPEC, inputs=(replace(IMAGE, shape=(LONGEST, 2)),))
    assert "EXAMPLE: dict[str, object] = {}" in shown(tmp_path / "long", long)


@pytest.mark.parametrize(
    ("said", "key"), [(Input(default=1.0), "default"), (Input(enum=(1,)), "enum"), (Input(optional=True), "optional")]
)
def test_what_an_array_cannot_have_is_refused(said: Input, key: str) -> None:
    with pytest.raises(UserError) as raised:
        overridden([IMAGE], {"image": said})
    assert [(d.code, d.field) for d in raised.value.diagnostics] == [("bad-input", ("inputs", "image", key))]
