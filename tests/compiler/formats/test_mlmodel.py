"""MLmodel folders of every year, and folders of other libraries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deployc.compiler.formats.split import split
from deployc.compiler.model_spec import Column, Param
from deployc.schema.diagnostics import UserError

from .space import Space

OLD = """\
artifact_path: model
flavors:
  python_function:
    data: model.pkl
    env: conda.yaml
    loader_module: mlflow.sklearn
    python_version: 3.8.12
  sklearn:
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 0.24.2
    note_of_ours: kept
model_uuid: 0123456789abcdef
run_id: fedcba9876543210
signature:
  inputs: '[{"name": "age", "type": "long"}, {"name": "income", "type": "double"}, {"name": "city", "type": "string"}]'
  outputs: '[{"type": "string"}]'
something_new: [1, 2]
utc_time_created: '2022-03-01 10:11:12.131415'
"""
CONDA = """\
name: mlflow-env
dependencies:
- python=3.8.12
- pip
- pip:
  - mlflow
  - scikit-learn==1.9.1
  - numpy==2.4.6
"""


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def folder(space: Space, models: Path | None, mlmodel: str, **files: str) -> Path:
    path = space.root / "model"
    path.mkdir()
    (path / "MLmodel").write_text(mlmodel)
    if models:
        (path / "model.pkl").write_bytes((models / "customers.3.pkl").read_bytes())
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text)
    return path


def test_a_folder_of_2022_is_read(models: Path, space: Space) -> None:
    spec = space.look(folder(space, models, OLD, conda_yaml=CONDA))
    assert spec.python == "3.8.12"
    assert spec.serializer == "cloudpickle"
    assert spec.inputs[0] == Column(name="age", type="long")
    assert {r.name: r.specifier for r in spec.requirements} == {
        "cloudpickle": "",
        "numpy": "==2.4.6",
        "pandas": "",
        "scikit-learn": "==1.9.1",
    }
    assert all(r.reason for r in spec.requirements)


def test_only_a_loader_module_tells_the_library_too(models: Path, space: Space) -> None:
    text = "flavors:\n  python_function:\n    data: model.pkl\n    env: conda.yaml\n    loader_module: mlflow.sklearn\n"
    assert space.look(folder(space, models, text)).flavor == "sklearn"


def test_unknown_keys_stay_in_the_canonical_model_and_the_run_goes_to_provenance(models: Path, space: Space) -> None:
    canonical, provenance = split(space.cas, space.tree(folder(space, models, OLD)))
    text = space.cas.text(canonical, "MLmodel")
    assert "something_new" in text
    assert "note_of_ours" in text
    assert "2022-03-01" not in text
    facts = json.loads(space.cas.text(provenance, "provenance.json"))
    assert facts["run_id"] == "fedcba9876543210"
    assert facts["utc_time_created"] == "2022-03-01 10:11:12.131415"


def test_rows_of_an_input_example_are_left_out(models: Path, space: Space) -> None:
    path = folder(space, models, OLD + "saved_input_example_info:\n  artifact_path: input_example.json\n")
    for name in ("input_example.json", "serving_input_example.json"):
        (path / name).write_text('{"data": [["Jane Doe", 42]]}')
    canonical, _ = split(space.cas, space.tree(path))
    assert all(b"Jane Doe" not in space.cas.get(entry.digest) for entry in canonical)
    assert "input_example" not in space.cas.text(canonical, "MLmodel")


@pytest.mark.parametrize("loader", ["mlflow.pyfunc.model", "my_loader"])
def test_a_bare_python_function_is_refused_with_what_to_do(space: Space, loader: str) -> None:
    text = f"flavors:\n  python_function:\n    loader_module: {loader}\n    python_model: python_model.pkl\n"
    refused = space.refused(folder(space, None, text))
    assert refused.code == "unknown-flavor"
    assert "mlflow.sklearn.save_model" in refused.help


@pytest.mark.parametrize(("loader", "said"), [("mlflow.pytorch", "PyTorch"), ("MLFlow.fastai", "fastai")])
def test_a_library_that_is_not_known_yet_is_named(space: Space, loader: str, said: str) -> None:
    flavor = loader.partition(".")[2]
    text = f"flavors:\n  {flavor}:\n    data: model.x\n  python_function:\n    loader_module: {loader}\n"
    refused = space.refused(folder(space, None, text))
    assert refused.code == "unknown-flavor"
    assert said in refused.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "broken-mlmodel"),
        ("flavors: {}\n", "broken-mlmodel"),
        ("flavors: [\n", "broken-mlmodel"),
        ("flavors:\n  sklearn: {pickled_model: ../../secret.pkl}\n", "model-missing"),
        ("flavors:\n  sklearn: {pickled_model: model.pkl, serialization_format: skops}\n", "broken-mlmodel"),
        ("flavors:\n  sklearn: {pickled_model: model.pkl}\nsignature: {inputs: '[{\"x'}\n", "unsupported-signature"),
    ],
)
def test_a_broken_mlmodel_says_what_is_wrong(models: Path, space: Space, text: str, code: str) -> None:
    assert space.refused(folder(space, models, text)).code == code


def test_a_few_lines_that_would_unfold_to_gigabytes_are_refused(models: Path, space: Space) -> None:
    merges = "a: &a {x: 1}\n" + "".join(f"m{i}: &m{i} {{<<: [*a, *a]}}\n" for i in range(30))
    laughs = (
        "l0: &l0 [ha]\n" + "".join(f"l{i}: &l{i} [*l{i - 1}, *l{i - 1}]\n" for i in range(1, 40)) + "run_id: *l39\n"
    )
    path = folder(space, models, OLD + merges)
    assert space.refused(path).code == "broken-mlmodel"
    (path / "MLmodel").write_text(OLD.replace("run_id: fedcba9876543210\n", laughs))
    assert space.refused(path).code == "broken-mlmodel"
    with pytest.raises(UserError, match="aliases"):
        split(space.cas, space.tree(path))


def test_a_version_that_contradicts_the_requirements_is_noted(models: Path, space: Space) -> None:
    path = folder(space, models, OLD, requirements_txt="scikit-learn==0.24.2\n-r other.txt\n# note\nnumpy>=1.0,<3\n")
    spec = space.look(path)
    assert {r.name: r.specifier for r in spec.requirements}["scikit-learn"] == "==1.9.1"
    assert {r.name: r.specifier for r in spec.requirements}["numpy"] == "<3,>=1.0"
    assert "0.24.2" in spec.notes[0]


@pytest.mark.parametrize(
    "inputs",
    [
        [{"name": "a", "type": "array", "items": {"type": "double"}}],
        [{"name": "a", "type": "object", "properties": {}}],
        [{"type": "double"}],
        [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 28, -1]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "complex64", "shape": [-1, 28, 28]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2048, 2048]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, -1]}}],
    ],
)
def test_a_signature_that_is_not_a_table_is_refused(models: Path, space: Space, inputs: list[object]) -> None:
    signature = json.dumps({"inputs": json.dumps(inputs)})
    text = f"flavors:\n  sklearn: {{pickled_model: model.pkl}}\nsignature: {signature}\n"
    assert space.refused(folder(space, models, text)).code == "unsupported-signature"


@pytest.mark.parametrize(("named", "name"), [({}, "tensor"), ({"name": "image"}, "image")])
def test_an_array_of_more_than_two_dimensions_is_one_column_of_arrays(
    models: Path, space: Space, named: dict[str, str], name: str
) -> None:
    entry = {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 28, 28, 3]}, **named}
    signature = json.dumps({"inputs": json.dumps([entry])})
    text = f"flavors:\n  sklearn: {{pickled_model: model.pkl}}\nsignature: {signature}\n"
    spec = space.look(folder(space, models, text))
    assert (spec.container, spec.inputs) == ("tensor", (Column(name=name, type="float", shape=(28, 28, 3)),))


def test_parameters_of_a_signature_are_noted(models: Path, space: Space) -> None:
    params = json.dumps([{"name": "temperature", "type": "double", "default": 1.0, "shape": None}])
    inputs = json.dumps([{"name": n, "type": "double", "required": False} for n in ("age", "income", "city")])
    signature = json.dumps({"inputs": inputs, "params": params})
    text = f"flavors:\n  sklearn: {{pickled_model: model.pkl}}\nsignature: {signature}\n"
    spec = space.look(folder(space, models, text))
    assert "temperature" in spec.notes[0]
    assert spec.params == (Param(name="temperature", type="double", default=(1.0,)),)
    assert all(column.optional for column in spec.inputs)


@pytest.mark.parametrize(
    ("name", "data", "code", "said"),
    [
        ("model.onnx", b"\x08\x07", "unknown-flavor", "ONNX"),
        ("model.ubj", b"{L\x00\x00\x00\x00", "broken-model", "begins no"),
        ("model.h5", b"\x89HDF\r\n", "unknown-flavor", "Keras"),
        ("model.pkl", b"version https://git-lfs.github.com/spec/v1\n", "model-missing", "Git LFS"),
    ],
)
def test_a_file_of_another_kind_is_named(space: Space, name: str, data: bytes, code: str, said: str) -> None:
    refused = space.refused(space.file(data, name))
    assert refused.code == code
    assert said in refused.message


def test_an_object_of_another_library_is_named(space: Space) -> None:
    data = b"\x80\x02cprophet.forecaster\nProphet\n)\x81."
    refused = space.refused(space.file(data))
    assert refused.code == "unknown-flavor"
    assert "Prophet" in refused.message


def test_a_folder_of_several_files_cannot_be_told(space: Space) -> None:
    path = space.root / "several"
    path.mkdir()
    assert space.refused(path).code == "model-missing"
    (path / "a.pkl").write_bytes(b"")
    (path / "b.pkl").write_bytes(b"")
    assert space.refused(path).code == "model-missing"
