"""A deploy.yaml is read whole with the places of its values, or all its mistakes are told at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
from deployc.schema.config import Config, Entry, Model, Sample, Serve, Train
from deployc.schema.constraints import Minimum, Shorthand
from deployc.schema.decode import Check, Loaded, read_config
from deployc.schema.diagnostics import Diagnostic, Span, UserError

Catalogs = Mapping[str, Mapping[str, type | None]]

ISSUE = """\
version: 1
name: churn
python: "3.11"
model:
  path: model/                          # an MLmodel folder or a model file; with train, what train writes
  code: [features.py]                   # optional
  train:                                # optional: how to make it, a stage like any other
    run: python train.py
    inputs: [train.py, data/*.csv]
    requirements: [scikit-learn, pandas, mlflow-skinny]
  sample: data/sample.csv               # rows for the schema and the tests
serve:
  framework: fastapi
  methods: [predict, predict_proba]     # default: every method that the model has
targets: {project: {}, wheel: {}}
tests: {types: {}, smoke: {}, parity: {rows: data/holdout.csv, tolerance: 1e-6}}
"""
SMALL = "version: 1\nname: churn\nmodel: {path: model/}\n"


@pytest.fixture
def read(tmp_path: Path, small_catalogs: Catalogs) -> Callable[[str], Loaded]:
    def from_text(text: str) -> Loaded:
        path = tmp_path / "deploy.yaml"
        path.write_text(text, encoding="utf-8")
        return read_config(path, small_catalogs)

    return from_text


@pytest.fixture
def told(tmp_path: Path, small_catalogs: Catalogs) -> Callable[..., list[tuple[str, int, int]]]:
    def from_text(text: str, check: Check = lambda config: ()) -> list[tuple[str, int, int]]:
        path = tmp_path / "deploy.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError) as raised:
            read_config(path, small_catalogs, check)
        return [(said.code, said.at.line, said.at.column) for said in raised.value.diagnostics if said.at]

    return from_text


def marked(span: Span) -> str:
    return span.text[span.column - 1 : span.end - 1]


def test_the_example_of_the_language(read: Callable[[str], Loaded], small_catalogs: Catalogs) -> None:
    config = read(ISSUE).config
    assert (config.name, config.python) == ("churn", "3.11")
    assert config.model == Model(
        path="model/",
        code=("features.py",),
        train=Train(
            run="python train.py",
            inputs=("train.py", "data/*.csv"),
            requirements=("scikit-learn", "pandas", "mlflow-skinny"),
        ),
        sample=Sample(path="data/sample.csv"),
    )
    assert config.serve == Serve(framework="fastapi", methods=("predict", "predict_proba"))
    assert list(config.targets) == ["project", "wheel"]
    assert config.tests["smoke"] == Entry(name="smoke", kind="smoke", options=None)
    assert repr(config.tests["parity"].options).endswith("tolerance=Tolerance(abs=1e-06, rel=0.0))")


@pytest.mark.parametrize("python", ["3.10", "3.11", "'3.10'", '"3.13"'])
def test_python_needs_no_quotes(read: Callable[[str], Loaded], python: str) -> None:
    assert read(f"{SMALL}python: {python}\n").config.python == python.strip("'\"")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{SMALL}serve: {{methods: []}}\n", (4, 18)),
        ("version: 1\nname: churn\nmodels: {a: {path: a/, methods: []}}\n", (3, 33)),
    ],
)
def test_a_service_of_no_method_is_refused(
    told: Callable[..., list[tuple[str, int, int]]], text: str, place: tuple[int, int]
) -> None:
    assert told(text) == [("bad-value", *place)]


def test_name_of_the_users_own_says_its_kind(read: Callable[[str], Loaded]) -> None:
    loaded = read(f"{SMALL}targets:\n  wheel:\n  gpu: {{kind: oci, tag: 1.0, labels: {{on: off}}}}\n")
    assert loaded.config.targets["wheel"].kind == "wheel"
    gpu = loaded.config.targets["gpu"]
    assert (gpu.name, gpu.kind) == ("gpu", "oci")
    assert repr(gpu.options) == "Image(tag='1.0', base='slim', labels={'on': 'off'}, layers=3)"


def test_comments_order_and_style_do_not_matter(read: Callable[[str], Loaded]) -> None:
    flow = "{model: {path: 'model/'}, \"name\": churn, version: 0x1, serve: null}"
    assert read(SMALL).config == read(flow).config


def test_values_have_places(read: Callable[[str], Loaded]) -> None:
    spans = read(ISSUE).spans
    places: dict[tuple[str | int, ...], str] = {
        ("name",): "churn",
        ("model", "train", "inputs", 1): "data/*.csv",
        ("model", "train", "inputs"): "[train.py, data/*.csv]",
        ("model", "train"): "train",
        ("tests", "parity", "tolerance", "abs"): "1e-6",
        ("tests", "parity", "nothing"): "{rows: data/holdout.csv, tolerance: 1e-6}",
        ("model", "train", "timeout"): "train",
        ("lock", "cutoff"): "version",
        (): "version",
    }
    assert {field: marked(spans.of(field)) for field in places} == places
    assert marked(spans.key(("model", "sample"))) == "sample"
    assert spans.has(("model", "sample"))
    assert not spans.has(("model", "nothing"))


def test_diagnostic_of_a_field_gets_its_place(read: Callable[[str], Loaded]) -> None:
    spans = read(ISSUE).spans
    placed = spans.placed(Diagnostic(code="x", message="y", field=("model", "sample")))
    assert placed.at
    assert (placed.at.line, marked(placed.at)) == (11, "data/sample.csv")
    assert spans.placed(Diagnostic(code="x", message="y")).at is None


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "\n\n"])
def test_empty_file_lacks_its_keys(told: Callable[[str], list[tuple[str, int, int]]], text: str) -> None:
    assert told(text) == [("missing-key", 1, 1)] * 3


@pytest.mark.parametrize("text", ["[]", "churn", "- version: 1\n", "1"])
def test_file_that_is_no_mapping(told: Callable[[str], list[tuple[str, int, int]]], text: str) -> None:
    assert told(text) == [("wrong-type", 1, 1)]


def test_all_mistakes_are_told_at_once_in_their_order(told: Callable[[str], list[tuple[str, int, int]]]) -> None:
    text = "vrsion: 1\nname: Churn\nmodel:\n  path: a\n  path: b\n  train: {}\nserve: {port: x}\ntests: {smok: {}}\n"
    assert told(text) == [
        ("unknown-key", 1, 1),
        ("bad-value", 2, 7),
        ("duplicate-key", 5, 3),
        ("missing-key", 6, 3),
        ("wrong-type", 7, 15),
        ("unknown-test", 8, 9),
    ]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("{sample: rows.csv}", [("missing-key", 3, 8)]),
        ("{train: {run: python train.py}}", [("missing-key", 3, 8)]),
        ("{path: null}", [("missing-key", 3, 8)]),
        ("{pth: model/}", [("unknown-key", 3, 9)]),
        ("{path: /model}", [("bad-value", 3, 15)]),
        ("{uri: models:/churn/1, path: model/}", [("conflicting-keys", 3, 37)]),
        ("{uri: models:/churn/1, train: {run: x}}", [("conflicting-keys", 3, 38)]),
        ("{path: model/, tracking_uri: sqlite:///mlflow.db}", [("conflicting-keys", 3, 37)]),
        ("{uri: models:/churn}", [("bad-value", 3, 14)]),
        ("{uri: models:/churn/0}", [("bad-value", 3, 14)]),
        ("{uri: models:/churn/Production}", [("bad-value", 3, 14)]),
        ("{uri: models:/churn@}", [("bad-value", 3, 14)]),
        ("{uri: runs:/0a1}", [("bad-value", 3, 14)]),
        ("{uri: runs:/0a1/../x}", [("bad-value", 3, 14)]),
        ("{uri: models:/churn/1, tracking_uri: https://me:secret@mlflow.example.com}", [("bad-value", 3, 45)]),
    ],
)
def test_a_model_comes_from_one_place(
    told: Callable[[str], list[tuple[str, int, int]]], model: str, expected: list[tuple[str, int, int]]
) -> None:
    assert told(f"version: 1\nname: churn\nmodel: {model}\n") == expected


@pytest.mark.parametrize(
    "uri",
    ["models:/churn/12", "models:/churn/latest", "models:/a.b.churn rate@champion", "models:/m-0a1", "runs:/0a1/x/y"],
)
def test_each_form_of_a_model_s_uri_is_read(read: Callable[[str], Loaded], uri: str) -> None:
    assert read(f"version: 1\nname: churn\nmodel: {{uri: '{uri}'}}\n").config.model.uri == uri


def test_mistyped_key_is_not_also_missing(told: Callable[[str], list[tuple[str, int, int]]]) -> None:
    assert told("version: 1\nname: churn\nmodle: {path: a}\n") == [("unknown-key", 3, 1)]


def test_value_that_yaml_refused_is_not_refused_again(told: Callable[[str], list[tuple[str, int, int]]]) -> None:
    text = "version: 1\nname: !x churn\nmodel: {path: *a, code: *b}\nserve: *c\ntargets: {wheel: *d, *e : {}}\n"
    assert [code for code, _, _ in told(text)] == ["yaml-tag", *["yaml-alias"] * 5]


def missing_files(config: Config) -> list[Diagnostic]:
    """A check as a caller may bring it: none of the files are there."""
    fields: list[tuple[str | int, ...]] = [("model", "path"), ("model", "sample"), ("lock", "cutoff")]
    return [Diagnostic(code="missing-input", message="it is not there", field=field) for field in fields]


def test_what_a_check_finds_is_told_with_the_rest(told: Callable[..., list[tuple[str, int, int]]]) -> None:
    text = "version: 1\nname: churn\nmodel:\n  path: a\n  sampel: b\nserve: {framework: flusk, methods: [1, 2]}\n"
    assert told(text, missing_files) == [
        ("missing-input", 4, 9),
        ("unknown-key", 5, 3),
        ("unknown-framework", 6, 20),
        ("bad-value", 6, 37),
        ("bad-value", 6, 40),
    ]


def test_what_is_no_mapping_is_not_also_empty(told: Callable[..., list[tuple[str, int, int]]]) -> None:
    nothing = Diagnostic(code="missing-key", message="no target is named", field=("targets",))
    text = "version: 1\nname: churn\nmodel: {path: m.pkl}\ntargets: [oci]\n"
    assert told(text, lambda config: [nothing]) == [("wrong-type", 4, 10)]


def test_what_a_check_finds_in_a_good_file_is_told(told: Callable[..., list[tuple[str, int, int]]]) -> None:
    assert told(SMALL, missing_files) == [("missing-input", 1, 1), ("missing-input", 3, 8), ("missing-input", 3, 15)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    abs: Annotated[float, Minimum(0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """Options whose shorthand allows what they do not."""

    limit: Annotated[Tolerance, Shorthand(float, lambda number: {"abs": number})]


def test_shorthand_that_expands_to_a_bad_value_is_told_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "deploy.yaml"
    path.write_text(f"{SMALL}tests:\n  loose: {{limit: -1}}\n")
    catalogs = {"frameworks": {"fastapi": None}, "optimizers": {}, "targets": {}, "tests": {"loose": Loose}}
    with pytest.raises(UserError) as raised:
        read_config(path, catalogs)
    (said,) = raised.value.diagnostics
    assert (said.code, said.at and marked(said.at)) == ("bad-value", "-1")


def test_reading_imports_nothing_heavy_and_validation_only_where_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "deploy.yaml").write_text(SMALL)
    program = (
        "import sys, pathlib, deployc.schema.decode as d; early = 'jsonschema' in sys.modules;"
        "catalogs = {'frameworks': {'fastapi': None}, 'optimizers': {}, 'targets': {}, 'tests': {}};"
        "d.read_config(pathlib.Path('deploy.yaml'), catalogs);"
        "print(early, sorted({'rich', 'libcst', 'mlflow', 'asyncio', 'packaging', 'difflib'} & {*sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == "False []\n"
