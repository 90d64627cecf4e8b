"""Which optimisers are tried for a model, and what it becomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.model_spec import ModelSpec, Step
from deployc.schema.config import Optimize
from deployc.targets import project
from deployc.targets.project.applying import candidates, compiled_spec, must_be_proved
from deployc.targets.project.catalog import known

from .space import CLASSIFIER, CLASSIFIER_OUTPUTS, config, files

LINEAR = replace(
    CLASSIFIER,
    steps=(
        Step(name="scaler", class_name="sklearn.preprocessing._data.StandardScaler"),
        Step(name="model", class_name="sklearn.linear_model._logistic.LogisticRegression"),
    ),
)
FOREST = replace(CLASSIFIER, class_name="sklearn.ensemble._forest.RandomForestClassifier", steps=())
TREE = "sklearn.tree._classes.DecisionTreeClassifier"
BEHIND = replace(LINEAR, types=(*LINEAR.types, FOREST.class_name))


@pytest.mark.parametrize(
    ("spec", "use", "tried"),
    [
        (LINEAR, "auto", ("linear", "onnx")),
        (LINEAR, "off", ()),
        (FOREST, "linear", ("linear",)),
        (replace(FOREST, types=(FOREST.class_name, TREE)), "auto", ("onnx", "treelite")),
        (replace(FOREST, class_name=TREE, types=(TREE,)), "auto", ("onnx",)),
        (replace(FOREST, class_name="features.Own"), "auto", ()),
    ],
)
def test_auto_tries_what_knows_every_part_and_a_named_one_is_always_tried(
    spec: ModelSpec, use: str, tried: tuple[str, ...]
) -> None:
    assert candidates(Optimize(use=use), spec) == tried


def test_a_part_that_only_another_optimiser_knows_rules_one_out() -> None:
    assert "linear" not in candidates(Optimize(), BEHIND)
    assert "linear" not in candidates(Optimize(), FOREST)


def test_only_a_named_one_has_to_be_proved_unless_told() -> None:
    assert not must_be_proved(Optimize())
    assert must_be_proved(Optimize(use="linear"))
    assert must_be_proved(Optimize(on_unproved="fail"))
    assert not must_be_proved(Optimize(use="linear", on_unproved="serve-original"))


def test_a_compiled_model_needs_what_it_was_proved_with_and_none_of_its_own_libraries() -> None:
    spec = compiled_spec(LINEAR, "linear", {"numpy": "2.4.6", "pandas": "3.1.1"})
    needed = {need.name: need.specifier for need in project.requirements(config(), spec)}
    assert needed["numpy"] == "==2.4.6"
    assert not {"scikit-learn", "pandas", "skops"} & needed.keys()


@pytest.mark.parametrize("optimizer", known("optimizers"))
def test_the_code_of_a_compiled_model_has_nothing_of_its_library_or_of_converting(
    optimizer: str, tmp_path: Path
) -> None:
    made = files(tmp_path, compiled_spec(LINEAR, optimizer, {}), CLASSIFIER_OUTPUTS)
    code = made["src/churn/model.py"]
    for word in ("sklearn.", "pandas", "skops", "convert(", "Estimator", "CONVERTERS"):
        assert word not in code, word
