"""A model whose array a request may give as an image: as base64 in JSON, as the body itself, in each protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any  # what a generated module holds

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.codegen.bind import bind
from deployc.compiler.formats.overrides import overridden
from deployc.compiler.model_spec import Column, Limits
from deployc.schema.config import Image as Said
from deployc.schema.config import Input
from deployc.schema.diagnostics import UserError
from deployc.targets import project
from deployc.targets.project.imaged import constants
from deployc.targets.project.model_module import template
from msgspec import defstruct

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config

pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

COLUMN = Column(name="photo", type="double", shape=(2, 3, 3), image=Said(unit=True))
RED, BLUE = (255, 0, 0), (0, 0, 51)
MODEL = """
import numpy as np

class Model:
    def __init__(self, path): ...
    def predict(self, rows):
        photos = np.array([row.photo for row in rows], dtype="float64")
        return [(photo[0, 0, 0] + 2 * photo[1, 2, 2]).item() for photo in photos]
"""
SCRIPT = """
import json, sys
from churn.openapi import document
from churn.predictor import Predictor
from churn.problems import Rejected
from churn.service import INLINE_BYTES, Service
from churn.settings import Settings
from churn.web import Request, rejected
service = Service(Settings(), Predictor.load)
service.start()
def answered(path, kind, body, length):
    headers = {"content-type": kind, "inference-header-content-length": length}
    try:
        service.admit(path, headers.get)
        answer = service.answer_now(Request(path, "", headers.get, bytes.fromhex(body)))
    except Rejected as error:
        answer = rejected(error)
    return answer.status, json.loads(answer.body)
told = json.loads(service.show("/v2/models/churn", {}.get).body)
print(json.dumps([document(), [answered(*asked) for asked in json.loads(sys.argv[1])], INLINE_BYTES, told]))
"""


def picture(kind: str = "PNG", size: tuple[int, int] = (3, 2), mode: str = "RGB") -> bytes:
    """An image that is red at its first pixel and bluish at its last one."""
    image = Image.new("RGB", size)
    image.putpixel((0, 0), RED)
    image.putpixel((size[0] - 1, size[1] - 1), BLUE)
    file = BytesIO()
    image.convert(mode).save(file, kind)
    return file.getvalue()


def text(file: bytes) -> str:
    return b64encode(file).decode()


def b64(file: bytes) -> dict[str, object]:
    return {"photo": {"b64": text(file)}}


def as_json(body: object) -> tuple[str, bytes]:
    return "application/json", json.dumps(body).encode()


def form(*files: tuple[str, bytes], end: bytes = b"--") -> tuple[str, bytes]:
    head = '--x y\r\nContent-Disposition: form-data; filename=";name=a"; name={}\r\nContent-Type: image/png\r\n\r\n'
    body = b"".join(head.format(name).encode() + file + b"\r\n" for name, file in files)
    return 'multipart/form-data; boundary="x y"', body + b"--x y" + end


GREY = [[[0.5] * 3] * 3] * 2
ASKED: list[tuple[tuple[str, bytes], object]] = [
    (as_json(b64(picture())), {"prediction": 1.4}),
    (as_json([b64(picture()), {"photo": GREY}]), [{"prediction": 1.4}, {"prediction": 1.5}]),
    (as_json({"photo": GREY}), {"prediction": 1.5}),
    (as_json([]), []),
    (("image/png", picture()), {"prediction": 1.4}),
    (form(("photo", picture()), ('"photo"', picture("PNG"))), [{"prediction": 1.4}] * 2),
    (("Image/PNG; name=a", picture(mode="RGBA")), {"prediction": 1.4}),
]
REFUSED: list[tuple[tuple[str, bytes], int, str, str]] = [
    (as_json(b64(b"no image")), 422, "photo.b64", "this is no PNG or JPEG image"),
    (as_json([b64(picture()), b64(picture()[:45])]), 422, "[1].photo.b64", "the image is damaged"),
    (as_json(b64(picture(kind="GIF"))), 422, "photo.b64", "this is no PNG or JPEG image"),
    (as_json(b64(picture(size=(4, 2)))), 422, "photo.b64", "takes images of 3 x 2 pixels, and this one has 4 x 2"),
    (as_json(b64(picture(mode="I;16"))), 422, "photo.b64", "pixels are of the kind I;16"),
    (as_json({"photo": {"b64": "?"}}), 422, "photo.b64", "base64"),
    (as_json({"photo": {}}), 422, "photo.b64", "missing"),
    (as_json({"photo": 3}), 422, "photo", "got `int`"),
    (as_json({"photo": GREY[:1]}), 422, "photo", "length >= 2"),
    (("image/png", b""), 422, "photo", "this is no PNG or JPEG image"),
    (("image/png", picture(size=(2, 2))), 422, "photo", "3 x 2"),
    (form(("photo", picture()), ("photo", b"")), 422, "[1].photo", "this is no PNG or JPEG image"),
    (form(("photo", picture()), ("image", b"")), 422, "image", "unknown field `image`"),
    (form(), 422, "photo", "missing required field `photo`"),
    (form(("photo", picture()), end=b""), 400, "", "does not end with its boundary"),
    (("multipart/form-data; boundary=z", form()[1]), 400, "", "its boundary is not in it"),
    (("multipart/form-data", form()[1]), 400, "", "names no boundary"),
    (("multipart/form-data; boundary=z", b"--z\r\n\r\n--z--"), 400, "", "a part of it has no name"),
    (("image/webp", picture()), 415, "", "application/json"),
]


SCORE, INFER = "/invocations", "/v2/models/churn/infer"


def tensor(*values: object, **said: object) -> dict[str, object]:
    return {"inputs": [{"name": "photo", "datatype": "BYTES", "shape": [len(values)], "data": values} | said]}


def binary(*files: bytes) -> tuple[dict[str, object], bytes]:
    """A tensor whose values follow the JSON, and these."""
    tail = b"".join(pack("<I", len(file)) + file for file in files)
    said = {"name": "photo", "datatype": "BYTES", "shape": [len(files)], "parameters": {"binary_data_size": len(tail)}}
    return {"inputs": [said]}, tail


SPOKEN: list[tuple[str, object, bytes]] = [
    (SCORE, {"dataframe_split": {"columns": ["photo"], "data": [[text(picture())], [GREY]]}}, b""),
    (SCORE, {"dataframe_records": [{"photo": text(picture()), "more": 1}, {"photo": GREY}]}, b""),
    (SCORE, {"dataframe_records": [b64(picture()), {"photo": GREY}]}, b""),
    (SCORE, {"instances": [text(picture()), GREY]}, b""),
    (SCORE, {"instances": [{"photo": text(picture())}, {"photo": GREY}]}, b""),
    (SCORE, {"inputs": [text(picture()), GREY]}, b""),
    (SCORE, {"inputs": {"photo": [text(picture()), GREY]}}, b""),
    (INFER, tensor(text(picture()), text(picture())), b""),
    (INFER, tensor([text(picture())], [text(picture())], shape=[2, 1]), b""),
    (INFER, *binary(picture(), text(picture()).encode())),
    (INFER, tensor(datatype="FP64", shape=[1, 2, 3, 3], data=[GREY]), b""),
]
"""Bodies of the other protocols, and what follows the JSON."""
PREDICTED = {SCORE: [[1.4, 1.5]], INFER: [[1.4, 1.4], [1.5]]}
MISSPOKEN: list[tuple[str, object, str]] = [
    (SCORE, {"instances": [text(picture()), "none"]}, "this is no PNG or JPEG image - at `[1].photo`"),
    (SCORE, {"inputs": {"photo": ["?"]}}, "this is no image in base64 - at `[0].photo`"),
    (SCORE, {"dataframe_records": [b64(picture()[:45])]}, "the image is damaged - at `[0].photo.b64`"),
    (SCORE, {"dataframe_records": [{"photo": {"b65": ""}}]}, "missing required field `b64` - at `[0].photo.b64`"),
    (SCORE, {"dataframe_records": [{}]}, "Object missing required field `photo` - at `[0].photo`"),
    (SCORE, {"instances": [None]}, "Expected `object | array`, got `null` - at `[0].photo`"),
    (
        INFER,
        tensor(text(picture(size=(4, 2)))),
        "takes images of 3 x 2 pixels, and this one has 4 x 2 - at `[0].photo`",
    ),
    (INFER, tensor(*["?"] * 6, shape=[1, 2, 3]), "the shape of images has to be [n] or [n, 1], not [1, 2, 3]"),
    (INFER, tensor(text(picture()), None), "Expected `object | array`, got `null` - at `[1].photo`"),
    (INFER, tensor(7), "Expected `str | null`, got `int`"),
]


def sent(path: str, body: object, tail: bytes = b"") -> tuple[str, str, str, str]:
    kind, head = as_json(body)
    return path, kind, (head + tail).hex(), str(len(head)) if tail else ""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service's folder of code."""
    folder = tmp_path_factory.mktemp("imaged")
    cas, spec = Cas(folder / "cas"), replace(REGRESSOR, inputs=(COLUMN,), container="tensor")
    cas.materialise(project.generate(spec=spec, outputs=REGRESSOR_OUTPUTS, config=config(), cas=cas), folder)
    (folder / "src/churn/model.py").write_text(MODEL, encoding="utf-8")
    return folder / "src"


@pytest.fixture(scope="module")
def answers(source: Path) -> list[object]:
    """The service's document, what it answers to all that is asked here, how long bodies hold up others, and what it
    tells of its tensors.
    """
    typed = [*(asked for asked, _ in ASKED), *(asked for asked, *_ in REFUSED)]
    asked = [("/predict", kind, body.hex(), "") for kind, body in typed]
    asked += [*(sent(*each) for each in SPOKEN), *(sent(path, body) for path, body, _ in MISSPOKEN)]
    script = [sys.executable, "-c", SCRIPT, json.dumps(asked)]
    done = subprocess.run(script, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


def test_an_image_stands_for_its_array(answers: list[list[object]]) -> None:
    assert answers[1][: len(ASKED)] == [[200, answer] for _, answer in ASKED]


def test_no_image_is_read_where_others_would_wait_for_it(answers: list[object]) -> None:
    assert answers[2] == 0


def test_what_is_no_such_image_is_refused_with_its_place(
    answers: list[list[tuple[int, dict[str, dict[str, str]]]]],
) -> None:
    refused = answers[1][len(ASKED) : -len(SPOKEN + MISSPOKEN)]
    for (_, status, field, said), (got, body) in zip(REFUSED, refused, strict=True):
        assert "error" in body, (said, body)
        error = body["error"]
        assert (got, error.get("field", "")) == (status, field), error
        assert said in error["message"]


def test_an_image_stands_for_its_array_in_every_protocol(answers: list[list[tuple[int, dict[str, object]]]]) -> None:
    given = answers[1][-len(SPOKEN + MISSPOKEN) : -len(MISSPOKEN)]
    for (path, body, _), (status, answer) in zip(SPOKEN, given, strict=True):
        assert status == 200, (body, answer)
        assert (answer["predictions"] if path == SCORE else answer["outputs"][0]["data"]) in PREDICTED[path]  # type: ignore[index]  # JSON


def test_what_is_no_such_image_is_a_bad_request_with_its_place_in_every_protocol(
    answers: list[list[tuple[int, object]]],
) -> None:
    for (_, body, said), (status, answer) in zip(MISSPOKEN, answers[1][-len(MISSPOKEN) :], strict=True):
        assert status == 400, (body, answer)
        assert said in json.dumps(answer), body


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_row_of_a_file_may_hold_an_image(source: Path, tmp_path: Path, kind: str) -> None:
    cells = [text(picture()), "none"]
    lines = [json.dumps({"photo": cell}) for cell in cells] if kind == "jsonl" else ["photo", *cells]
    (tmp_path / f"rows.{kind}").write_text("\n".join(lines), encoding="utf-8")
    scoring = [sys.executable, "-m", "churn.score", str(tmp_path / f"rows.{kind}"), str(tmp_path / "out.jsonl")]
    subprocess.run(scoring, cwd=source, capture_output=True, check=False)
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")) == {"row": 1, "prediction": 1.4}
    (bad,) = (tmp_path / "out.jsonl.errors.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(bad) == {"row": 2, "field": "photo", "reason": "this is no PNG or JPEG image"}


def test_the_tensors_that_are_told_of_are_arrays_or_images(answers: list[dict[str, object]]) -> None:
    said = {"name": "photo", "datatype": "FP64", "shape": [-1, 2, 3, 3]}
    assert answers[3]["inputs"] == [{**said, "parameters": {"images": {"datatype": "BYTES", "shape": [-1]}}}]


def test_the_documentation_tells_of_images(
    answers: list[dict[str, dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]]],
) -> None:
    document = answers[0]
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert [*body] == ["application/json", "image/png", "image/jpeg", "multipart/form-data"]
    for path in (SCORE, INFER):
        assert "A value of `photo` may also be a PNG or JPEG image" in str(
            document["paths"][path]["post"]["description"]
        )
    schemas = document["components"]["schemas"]
    assert schemas["Image"]["properties"] == {"b64": {"type": "string", "contentEncoding": "base64"}}
    assert {"$ref": "#/components/schemas/Image"} in schemas["Row"]["properties"]["photo"]["anyOf"]  # type: ignore[operator]  # JSON


def images(column: Column) -> Mapping[str, Any]:
    """The module of a service for this column that makes arrays of images."""
    module = bind(template("template", "pixels", "."), constants([column])["pixels"])
    names: dict[str, object] = {"__package__": "deployc.targets.project.template"}
    exec(module.code, names)
    return names


def array(column: Column, file: bytes) -> object:
    """What a service for this column makes of an image."""
    return images(column)["Image"](file).pixels.tolist()  # type: ignore[no-any-return]  # numpy is not known to the tests


def column(said: Said, *shape: int, kind: str = "float") -> Column:
    return Column(name="photo", type=kind, shape=shape, image=said)  # type: ignore[arg-type]  # the test's own words


@pytest.mark.parametrize(
    ("given", "mode", "made"),
    [
        (column(Said(), 1, 2, 3, kind="integer"), "RGB", [[[255, 0, 0], [0, 0, 51]]]),
        (column(Said(layout="chw"), 3, 1, 2), "RGB", [[[255, 0]], [[0, 0]], [[0, 51]]]),
        (column(Said(), 1, 2, 4), "RGBA", [[[255, 0, 0, 255], [0, 0, 51, 255]]]),
        (column(Said(), 1, 2), "L", [[76, 6]]),
        (column(Said(), 1, 2, 1), "RGB", [[[76], [6]]]),
        (column(Said(layout="chw", unit=True), 1, 1, 2), "L", [[[76 / 255, 6 / 255]]]),
        (
            column(Said(unit=True, mean=(0.5, 0.0, 0.2), std=(0.5, 1.0, 0.1)), 1, 2, 3),
            "RGB",
            [[[1.0, 0.0, -0.2 / 0.1], [-1.0, 0.0, (0.2 - 0.2) / 0.1]]],
        ),
        (column(Said(std=(2.0, 2.0, 2.0)), 1, 2, 3), "RGB", [[[127.5, 0.0, 0.0], [0.0, 0.0, 25.5]]]),
        (column(Said(resize="nearest"), 1, 1, 3), "RGB", [[[0, 0, 51]]]),
    ],
)
def test_its_values_are_laid_out_and_scaled_as_deploy_yaml_says(given: Column, mode: str, made: object) -> None:
    assert array(given, picture(size=(2, 1), mode=mode)) == made


def test_a_jpeg_is_an_image_too() -> None:
    assert images(column(Said(), 1, 8, 3))["Image"](picture("JPEG", size=(8, 1))).pixels.shape == (1, 8, 3)


def test_images_have_not_too_many_pixels_together() -> None:
    made = images(column(Said(resize="nearest"), 1, 1, 3))
    row = defstruct("Row", [("photo", made["Image"])])
    many = [row(made["Image"](picture(size=(4000, 3000)))) for _ in range(3)]
    made["read_images"](many[:2], ["[0]", "[1]"])
    with pytest.raises(Exception, match="25000000 pixels, and with this one it has more"):
        made["read_images"](many, ["[0]", "[1]", "[2]"])


@pytest.mark.parametrize(
    ("limits", "why"), [(Limits(minimum=0.5), "have to be >= 0.5"), (Limits(maximum=0.5), "have to be <= 0.5")]
)
def test_an_image_has_no_values_out_of_the_columns_bounds(limits: Limits, why: str) -> None:
    bounded = column(Said(unit=True), 1, 2, 3)
    assert array(replace(bounded, limits=Limits(minimum=0, maximum=1)), picture(size=(2, 1)))
    with pytest.raises(ValueError, match=why):
        array(replace(bounded, limits=limits), picture(size=(2, 1)))


@pytest.mark.parametrize(
    ("shape", "kind", "said", "place"),
    [
        ((), "double", Said(), ()),
        ((28, 28, 2), "double", Said(), ()),
        ((3, 28, 28), "double", Said(), ()),
        ((28, 28, 3), "string", Said(), ()),
        ((28, 28, 3), "integer", Said(unit=True), ()),
        ((28, 28, 3), "float", Said(mean=(0.5,)), ("mean",)),
        ((28, 28, 3), "float", Said(std=(0.5, 0.0, 1.0)), ("std",)),
        ((28, 28), "float", Said(mean=(float("inf"),)), ("mean",)),
    ],
)
def test_what_no_image_can_be_is_refused(shape: tuple[int, ...], kind: str, said: Said, place: tuple[str, ...]) -> None:
    plain = Column(name="photo", type=kind, shape=shape)  # type: ignore[arg-type]  # the test's own words
    with pytest.raises(UserError) as raised:
        overridden([plain], {"photo": Input(image=said)})
    assert [(d.code, d.field) for d in raised.value.diagnostics] == [
        ("bad-input", ("inputs", "photo", "image", *place))
    ]
