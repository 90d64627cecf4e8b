"""What deployc reads in models that the real libraries wrote is what those libraries say about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deployc.compiler.formats.split import split
from deployc.compiler.model_spec import Column, ModelSpec
from deployc.schema.diagnostics import UserError

from .space import Space

FILES = [f"customers.{p}.pkl" for p in range(6)] + [
    "customers.cloudpickle",
    "customers.joblib",
    "customers.first.skops",
]
COMPRESSED = [f"customers.joblib.{c}" for c in ("zlib", "gzip", "bz2", "lzma", "xz")]
ROWS = "age,income,city,bought\n31,1.5,Oslo,no\n52,-0.25,,yes\n"


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def requirement(spec: ModelSpec, name: str) -> str:
    return next(r.specifier for r in spec.requirements if r.name == name)


@pytest.mark.parametrize("name", FILES + COMPRESSED)
def test_a_pipeline_is_the_same_model_however_it_was_saved(models: Path, space: Space, name: str) -> None:
    spec = space.look(models / name, ROWS)
    assert spec.class_name == "sklearn.pipeline.Pipeline"
    assert [step.name for step in spec.steps] == ["prepare", "classify"]
    assert spec.methods == ("predict", "predict_proba", "decision_function")
    assert spec.classes == ("no", "yes")
    assert spec.container == "dataframe"
    assert spec.inputs == (
        Column(name="age", type="long"),
        Column(name="income", type="double"),
        Column(name="city", type="string", optional=True),
    )
    assert requirement(spec, "scikit-learn") == "==1.9.1"
    assert requirement(spec, "pandas") == ""


def test_the_serializer_is_what_the_file_needs(models: Path, space: Space) -> None:
    assert space.look(models / "customers.4.pkl").serializer == "pickle"
    assert space.look(models / "customers.first.skops").serializer == "skops"
    assert all(space.look(models / name).serializer == "joblib" for name in [*COMPRESSED, "customers.joblib"])


@pytest.mark.parametrize("suffix", ["pkl", "joblib", "skops"])
def test_every_kind_of_estimator_has_the_methods_and_classes_that_the_real_object_has(
    models: Path, space: Space, suffix: str
) -> None:
    truths = json.loads((models / "zoo" / "truth.json").read_text())
    read = {}
    for name in truths:
        path = models / "zoo" / f"{name}.{suffix}"
        if path.exists():
            spec = space.look(path)
            columns = len(spec.inputs)
            read[name] = {
                "class": spec.class_name,
                "methods": list(spec.methods),
                "classes": list(spec.classes),
                "count": columns,
            }
    assert len(read) > 30
    assert read == {name: truths[name] for name in read}


@pytest.mark.parametrize("suffix", ["pkl", "joblib"])
def test_classes_of_every_type_are_read(models: Path, space: Space, suffix: str) -> None:
    def classes(kind: str) -> tuple[object, ...]:
        return space.look(models / f"classes-{kind}.{suffix}").classes

    assert [classes(kind) for kind in ("texts", "objects", "ints", "bools")] == [
        ("no", "yes"),
        ("no", "yes"),
        (0, 1, 2),
        (False, True),
    ]
    assert all(type(label) is bool for label in classes("bools"))


def test_a_model_of_600_columns_names_them_all(models: Path, space: Space) -> None:
    spec = space.look(models / "wide.joblib")
    assert [column.name for column in spec.inputs] == [f"column {i}" for i in range(600)]
    assert spec.methods == ("predict",)


def test_a_model_fitted_on_an_array_takes_an_array(models: Path, space: Space) -> None:
    spec = space.look(models / "zoo" / "Forest.pkl")
    assert spec.container == "ndarray"
    assert [column.name for column in spec.inputs] == ["x0", "x1", "x2", "x3"]
    assert requirement(spec, "numpy") == ">=2"
    assert "pandas" not in {r.name for r in spec.requirements}


def test_the_users_own_transformer_needs_its_module_to_be_listed(models: Path, space: Space) -> None:
    refused = space.refused(models / "own.pkl")
    assert refused.code == "forbidden-pickle"
    assert "features.Ratio" in refused.message
    assert "model.code" in refused.help
    spec = space.look(models / "own.pkl", code=("features",))
    assert spec.steps[0].class_name == "features.Ratio"
    assert spec.methods == ("predict", "predict_proba", "decision_function")
    assert "features" not in {r.name for r in spec.requirements}


def test_an_unknown_class_of_the_users_own_predicts(models: Path, space: Space) -> None:
    spec = space.look(models / "own-top.pkl", "a,b\n1,2.5\n", code=("features",))
    assert spec.methods == ("predict",)
    assert [column.name for column in spec.inputs] == ["a", "b"]
    assert space.refused(models / "own-top.pkl", code=("features",)).code == "inputs-unknown"


@pytest.mark.parametrize("kind", ["skops", "cloudpickle"])
def test_an_mlflow_folder_of_today_tells_its_signature_and_pins(models: Path, space: Space, kind: str) -> None:
    spec = space.look(models / f"mlflow-{kind}-first", ROWS)
    assert spec.serializer == kind
    assert spec.file == ("model.skops" if kind == "skops" else "model.pkl")
    assert spec.inputs[2] == Column(name="city", type="string", optional=True)
    assert spec.python.startswith("3.")
    assert requirement(spec, "numpy") == "==2.4.6"
    assert requirement(spec, "pandas") == "==3.1.1"
    assert not [r for r in spec.requirements if r.name.startswith("mlflow")]


def test_a_tensor_signature_gives_numbered_columns(models: Path, space: Space) -> None:
    spec = space.look(models / "mlflow-tensor")
    assert spec.container == "ndarray"
    assert spec.inputs == tuple(Column(name=f"x{i}", type="double") for i in range(4))


@pytest.mark.parametrize("kind", ["skops", "cloudpickle"])
def test_two_saves_of_one_mlflow_model_have_one_canonical_model(models: Path, space: Space, kind: str) -> None:
    first, second = (space.tree(models / f"mlflow-{kind}-{save}") for save in ("first", "second"))
    assert first != second
    canonical, provenance = split(space.cas, first)
    assert canonical == split(space.cas, second)[0]
    assert "model_uuid" not in space.cas.text(canonical, "MLmodel")
    facts = json.loads(space.cas.text(provenance, "provenance.json"))
    assert facts["model_uuid"] in space.cas.text(first, "MLmodel")
    assert space.look(models / f"mlflow-{kind}-first") == _look_at(space, canonical)


def test_two_skops_saves_have_one_canonical_model_that_is_the_same_model(models: Path, space: Space) -> None:
    one, two = (space.root / save / "model.skops" for save in ("first", "second"))
    for path in (one, two):
        path.parent.mkdir()
        path.write_bytes((models / f"customers.{path.parent.name}.skops").read_bytes())
    assert one.read_bytes() != two.read_bytes()
    (canonical, provenance), (again, _) = split(space.cas, space.tree(one)), split(space.cas, space.tree(two))
    assert canonical == again
    assert split(space.cas, canonical)[0] == canonical
    assert json.loads(space.cas.text(provenance, "provenance.json")) == {}
    assert space.look(one) == _look_at(space, canonical)


def _look_at(space: Space, tree: object) -> ModelSpec:
    from deployc.compiler.formats.inspection import inspect
    from deployc.compiler.tree import Tree

    assert isinstance(tree, Tree)
    return inspect(space.cas, tree)


def test_a_bare_pickle_is_its_own_canonical_model(models: Path, space: Space) -> None:
    tree = space.tree(models / "customers.joblib")
    assert split(space.cas, tree)[0] == tree


def test_every_name_of_the_installed_scikit_learn_is_in_the_table(models: Path) -> None:
    import deployc.compiler.formats as formats

    kept = json.loads((Path(formats.__file__).parent / "flavors" / "sklearn.json").read_text())
    real = json.loads((models / "table.json").read_text())
    assert set(real["names"]) <= set(kept["names"])
    for name, methods in real["estimators"].items():
        assert set(methods) <= set(kept["estimators"][name]), name


def test_code_inside_a_pickle_is_refused(models: Path, space: Space) -> None:
    refused = space.refused(models / "lambda.pkl")
    assert refused.code == "forbidden-pickle"
    assert "holds code" in refused.help


def test_a_class_of_the_training_script_is_refused_with_what_to_do(models: Path, space: Space) -> None:
    refused = space.refused(models / "script.pkl")
    assert refused.code == "forbidden-pickle"
    assert "__main__.Script" in refused.message
    assert "module of its own" in refused.help


def test_a_dict_with_a_model_in_it_is_not_a_model(models: Path, space: Space) -> None:
    refused = space.refused(models / "dict.pkl")
    assert refused.code == "unknown-flavor"
    assert "dict" in refused.message


def test_inspecting_a_missing_model_says_so(space: Space) -> None:
    with pytest.raises(UserError) as caught:
        space.look(space.root / "absent")
    assert caught.value.diagnostics[0].code == "model-missing"
