"""Every flavor: what is read can be served, and what loads it stands alone."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.formats.flavor import known_flavors, load_flavor
from deployc.compiler.model_spec import Column, ModelSpec, Output, Requirement
from deployc.targets import project
from deployc.targets.project.catalog import facts, known
from deployc.targets.project.model_module import loading_module

from .space import CLASSIFIER, config, files

BOOSTER = ModelSpec(
    flavor="xgboost",
    class_name="xgboost.core.Booster",
    methods=("predict",),
    inputs=(
        Column(name="age", type="long"),
        Column(name="city", type="string", categories=("Oslo", "Rome"), closed=True, optional=True),
    ),
    container="ndarray",
    file="model.ubj",
    serializer="booster",
    requirements=(Requirement(name="xgboost", specifier="==3.2.0", reason="it saved the model"),),
)
OUTPUTS = (Output(method="predict", type="double"),)


def cases() -> list[tuple[str, str, str]]:
    """Each flavor's classes with each way in which they may be saved."""
    found = []
    for name in known("flavors"):
        flavor = load_flavor(name)
        assert flavor is not None
        serializers = facts("flavors", name)["SERIALIZERS"]
        assert isinstance(serializers, dict)
        classes = flavor.methods or {"sklearn.pipeline.Pipeline": ()}
        found += [(name, class_name, serializer) for class_name in classes for serializer in serializers]
    return found


def test_what_can_be_read_can_be_served() -> None:
    assert known("flavors") == known_flavors()


@pytest.mark.parametrize(("flavor", "class_name", "serializer"), cases())
def test_what_loads_a_model_imports_libraries_alone(flavor: str, class_name: str, serializer: str) -> None:
    spec = replace(CLASSIFIER, flavor=flavor, class_name=class_name, serializer=serializer, container="ndarray")
    text = loading_module(spec)
    module = ast.parse(text)
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    assert [argument.arg for argument in functions["load"].args.args] == ["path"]
    assert not [node for node in ast.walk(module) if isinstance(node, ast.ImportFrom) and node.level]
    compile(text, "deployc_loading.py", "exec")


def lines(spec: ModelSpec, *users: str) -> list[str]:
    needs = project.requirements(config(requirements=users), spec)
    return [f"{r.name}{r.specifier}" for r in needs if r.name.startswith("xgboost")]


def pinned(specifier: str) -> ModelSpec:
    return replace(BOOSTER, requirements=(replace(BOOSTER.requirements[0], specifier=specifier),))


def test_xgboost_is_served_without_libraries_for_gpus_where_that_is_possible() -> None:
    slim = ['xgboost==3.2.0 ; sys_platform == "darwin"', 'xgboost-cpu==3.2.0 ; sys_platform != "darwin"']
    assert lines(BOOSTER) == slim
    assert lines(replace(BOOSTER, flavor="sklearn", serializer="pickle")) == slim
    assert lines(pinned("==1.7.6")) == ["xgboost==1.7.6"]
    assert lines(pinned("==1.7.*")) == ["xgboost==1.7.*"]
    assert lines(pinned("")) == ["xgboost"]


def test_whoever_asks_for_xgboost_itself_gets_it() -> None:
    assert lines(BOOSTER, "xgboost") == ["xgboost", "xgboost==3.2.0"]


def test_only_the_categories_of_training_are_taken_where_others_would_be_mistaken(tmp_path: Path) -> None:
    closed = files(tmp_path, BOOSTER, OUTPUTS)["src/churn/schema.py"]
    assert 'city: Literal["Oslo", "Rome"] | None = None' in closed
    column = replace(BOOSTER.inputs[1], closed=False)
    opened = files(tmp_path, replace(BOOSTER, inputs=(BOOSTER.inputs[0], column)), OUTPUTS)["src/churn/schema.py"]
    assert "city: str | None = None" in opened
    assert "Literal" not in opened


def test_the_documents_example_is_a_category_of_the_models(tmp_path: Path) -> None:
    assert '"city": "Oslo"' in files(tmp_path, BOOSTER, OUTPUTS)["src/churn/openapi.py"]
