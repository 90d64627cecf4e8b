"""What a deploy.yaml of several models may say, and how the plan of each becomes a part of that of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from deployc.compiler.files import Sources
from deployc.compiler.node import Made, Node
from deployc.compiler.stat_cache import StatCache
from deployc.compiler.tree import Tree
from deployc.schema.decode import read_config
from deployc.schema.diagnostics import Field, UserError
from deployc.targets.catalogs import catalogs
from deployc.targets.check import check
from deployc.targets.several import field_of, under

TWO = """\
    models:
      churn: {path: a.bin}
      value: {path: b.bin}
"""
Said = list[tuple[str, str]]


@pytest.fixture
def said(tmp_path: Path) -> Callable[[str], Said]:
    """The codes of what is wrong with a deploy.yaml, each with its field."""
    for name in ("a.bin", "b.bin", "own.py", "lib/own.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("def startup() -> None: ...\n" if name.endswith(".py") else "")

    def of(text: str) -> Said:
        file = tmp_path / "deploy.yaml"
        file.write_text(f"version: 1\nname: shop\n{dedent(text)}", encoding="utf-8")
        try:
            read_config(file, catalogs(), check=lambda config: check(config, Sources(tmp_path, StatCache({}))))
        except UserError as error:
            return [(d.code, ".".join(map(str, d.field or ()))) for d in error.diagnostics]
        return []

    return of


def test_two_models_are_well_formed(said: Callable[[str], Said]) -> None:
    assert said(f"{TWO}    targets: {{project: {{}}, wheel: {{}}, docker: {{}}, trained: {{}}, mlflow: {{}}}}\n") == []
    assert said(f"{TWO}    targets: {{batch: {{spark: true}}, oci: {{}}, kserve: {{image: oci}}}}\n") == []


def test_a_model_may_be_called_as_a_module_of_the_service_is(said: Callable[[str], Said]) -> None:
    models = ", ".join(f"{name}: {{path: a.bin}}" for name in ("settings", "feeding", "part", "health", "report"))
    assert said(f"models: {{{models}}}\ntargets: {{project: {{}}}}\n") == []


def test_answers_that_need_each_other_are_told(said: Callable[[str], Said]) -> None:
    two = (
        "{a: {path: a.bin, inputs: {x: {from: b.predict}}}, b: {path: b.bin, inputs: {y: {from: a.predict_proba.no}}}}"
    )
    assert [code for code, _ in said(f"models: {two}\ntargets: {{project: {{}}}}\n")] == ["model-cycle"]


@pytest.mark.parametrize("hooked", ["a", "b"])
def test_a_model_with_hooks_neither_takes_nor_gives_answers(said: Callable[[str], Said], hooked: str) -> None:
    models = "{a: {path: a.bin, inputs: {x: {from: b.predict}}}, b: {path: b.bin}}"
    text = models.replace(f"{hooked}: {{", f"{hooked}: {{hooks: own, ")
    wanted = [("conflicting-keys", "models.a.inputs.x.from")]
    assert said(f"models: {models}\ntargets: {{project: {{}}}}\n") == []
    assert said(f"models: {text}\ntargets: {{project: {{}}}}\n") == wanted


def test_mlflow_has_a_name_for_each_model_and_asks_each_alone(said: Callable[[str], Said]) -> None:
    named = [("conflicting-keys", "targets.mlflow.registered_model")]
    assert said(f"{TWO}    targets: {{mlflow: {{registered_model: churn}}}}\n") == named
    models = "{a: {path: a.bin, inputs: {x: {from: b.predict}}}, b: {path: b.bin}}"
    assert said(f"models: {models}\ntargets: {{mlflow: {{}}}}\n") == [("conflicting-keys", "targets.mlflow")]


def test_the_only_model_takes_no_answers_of_others(said: Callable[[str], Said]) -> None:
    text = "model: {path: a.bin}\ninputs: {x: {from: b.predict}}\ntargets: {project: {}}\n"
    assert said(text) == [("which-model", "inputs.x.from")]


def test_hooks_are_of_each_model(said: Callable[[str], Said]) -> None:
    models = "{churn: {path: a.bin, hooks: own}, value: {path: b.bin, hooks: {module: own, timeout: 2s}}}"
    assert said(f"models: {models}\ntargets: {{project: {{}}}}\n") == []


def test_parity_in_a_container_is_for_models_without_hooks(said: Callable[[str], Said]) -> None:
    text = "models: {churn: {path: a.bin, hooks: own}, value: {path: b.bin}}\ntargets: {image: {kind: docker}}\n"
    for model, found in (("churn", [("conflicting-keys", "tests.parity.in")]), ("value", [])):
        assert said(f"{text}tests: {{parity: {{rows: a.bin, model: {model}, in: image}}}}\n") == found


def test_mlflow_may_keep_one_of_them(said: Callable[[str], Said]) -> None:
    assert said("models: {churn: {uri: models:/churn@best}, value: {path: b.bin}}\ntargets: {project: {}}\n") == []


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("    model: {path: a.bin}\n", "conflicting-keys", "models"),
        ("    inputs: {age: {min: 0}}\n", "conflicting-keys", "inputs"),
        ("    serve: {methods: [predict]}\n", "conflicting-keys", "serve.methods"),
        ("    serve: {hooks: {module: own}}\n", "conflicting-keys", "serve.hooks"),
        ("    tests: {parity: {rows: a.bin}}\n", "which-model", "tests.parity"),
        ("    tests: {parity: {rows: a.bin, model: other}}\n", "which-model", "tests.parity.model"),
        ("    stages: {train-churn: {run: x, outputs: [y]}}\n", "name-taken", "stages.train-churn"),
    ],
)
def test_what_belongs_to_one_model_is_told(said: Callable[[str], Said], text: str, code: str, field: str) -> None:
    assert said(f"{TWO}{text}    targets: {{project: {{}}}}\n") == [(code, field)]


def test_a_modelcar_holds_one_model(said: Callable[[str], Said]) -> None:
    car = f"registry.example.com/models/shop@sha256:{'ab' * 32}"
    text = f"{TWO}    targets: {{kserve: {{image: '{car}', modelcar: '{car}'}}}}\n"
    assert said(text) == [("conflicting-keys", "targets.kserve.modelcar")]


@pytest.mark.parametrize(
    ("models", "code", "field"),
    [
        ("{info: {path: a.bin}}", "name-taken", "models.info"),
        ("{metrics: {path: a.bin}}", "name-taken", "models.metrics"),
        ("{churn: {}}", "missing-key", "models.churn"),
        ("{churn: {sample: a.bin}}", "missing-key", "models.churn"),
        ("{churn: {path: a.bin, uri: models:/churn/1}}", "conflicting-keys", "models.churn.path"),
        ("{churn: {uri: models:/churn/1, train: {run: x}}}", "conflicting-keys", "models.churn.train"),
        ("{churn: {path: a.bin, tracking_uri: sqlite:///a.db}}", "conflicting-keys", "models.churn.tracking_uri"),
        ("{churn: {uri: churn}}", "bad-value", "models.churn.uri"),
        ("{churn: {path: c.bin}}", "missing-file", "models.churn.path"),
        ("{churn: {path: a.bin, sample: c.csv}}", "missing-file", "models.churn.sample"),
        ("{churn: {path: a.bin, inputs: {age: {min: 2, max: 1}}}}", "bad-input", "models.churn.inputs.age.max"),
        ("{churn: {path: a.bin, methods: [predict, predict]}}", "named-twice", "models.churn.methods.1"),
        ("{churn: {path: a.bin, hooks: other}}", "hook-module", "models.churn.hooks.module"),
        ("{a: {path: a.bin, inputs: {x: {from: b.predict}}}}", "which-model", "models.a.inputs.x.from"),
        ("{a: {path: a.bin, inputs: {x: {from: b}}}, b: {path: b.bin}}", "bad-value", "models.a.inputs.x.from"),
        ("{a: {path: a.bin, inputs: {x: {from: a.predict}}}}", "model-cycle", "models.a.inputs"),
        ("{a: {path: a.bin, code: [own.py]}, b: {path: a.bin, code: [lib/own.py]}}", "named-twice", "models.b.code.0"),
    ],
)
def test_what_is_wrong_with_a_model_is_told_at_its_field(
    said: Callable[[str], Said], models: str, code: str, field: str
) -> None:
    assert said(f"models: {models}\ntargets: {{project: {{}}}}\n") == [(code, field)]


def test_a_model_of_one_says_nothing_of_several(said: Callable[[str], Said]) -> None:
    text = "    model: {path: a.bin}\n    targets: {project: {}}\n    tests: {parity: {rows: a.bin, model: churn}}\n"
    assert said(text) == [("which-model", "tests.parity.model")]


def test_neither_one_nor_several_is_told(said: Callable[[str], Said]) -> None:
    assert said("targets: {project: {}}\n") == [("missing-key", "")]


def test_a_node_of_one_model_takes_its_name_and_reads_its_own() -> None:
    node = Node(
        name="probe",
        inputs={"model": Made(node="model", folder="model"), "rows": Made(node="prepare")},
        environments=("env-serve", "env-model"),
        run=lambda work: Tree(),
    )
    found = under(node, "churn")
    assert found.name == "probe-churn"
    assert found.inputs == {"model": Made(node="model-churn", folder="model"), "rows": Made(node="prepare")}
    assert found.environments == ("env-serve", "env-model-churn")


@pytest.mark.parametrize(
    ("field", "place"),
    [
        (("model", "path"), ("models", "churn", "path")),
        (("inputs", "age"), ("models", "churn", "inputs", "age")),
        (("serve", "methods", 0), ("models", "churn", "methods", 0)),
        (("serve", "hooks", "module"), ("models", "churn", "hooks", "module")),
        (("serve", "optimize"), ("serve", "optimize")),
        (None, None),
    ],
)
def test_a_mistake_is_placed_where_deploy_yaml_has_the_model(field: Field | None, place: Field | None) -> None:
    assert field_of(field, "churn") == place
