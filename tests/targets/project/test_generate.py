"""What is generated for a model: exactly its methods, its columns, its form, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.model_spec import Column, ModelSpec, Output, Requirement
from deployc.schema.diagnostics import UserError
from deployc.targets import project
from deployc.targets.project.catalog import known

from .space import CLASSIFIER, CLASSIFIER_OUTPUTS, REGRESSOR, REGRESSOR_OUTPUTS, config, files

GOLDEN = Path(__file__).parents[2] / "golden" / "project"
SCHEMA = "src/churn/schema.py"
CASES = {"classifier": (CLASSIFIER, CLASSIFIER_OUTPUTS), "regressor": (REGRESSOR, REGRESSOR_OUTPUTS)}


@pytest.mark.parametrize("case", CASES)
def test_the_project_is_the_golden_one(case: str, tmp_path: Path, update_golden: bool) -> None:
    """What `--update-golden` changes is reviewed like code."""
    made = {path: text for path, text in files(tmp_path, *CASES[case]).items() if "/static/" not in path}
    golden = GOLDEN / case
    if update_golden:
        for path, text in made.items():
            (golden / f"{path}.txt").parent.mkdir(parents=True, exist_ok=True)
            (golden / f"{path}.txt").write_text(text, encoding="utf-8")
    kept = {f.relative_to(golden).as_posix().removesuffix(".txt"): f for f in golden.rglob("*.txt")}
    assert {path: file.read_text(encoding="utf-8") for path, file in kept.items()} == dict(made)


@pytest.mark.parametrize("framework", known("frameworks"))
def test_the_application_of_each_framework_is_the_golden_one(
    framework: str, tmp_path: Path, update_golden: bool
) -> None:
    made = files(tmp_path, *CASES["classifier"], config(framework=framework))
    golden = GOLDEN.parent / "frameworks" / f"{framework}.py.txt"
    if update_golden:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(made["src/churn/app.py"], encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == made["src/churn/app.py"]


@pytest.mark.parametrize("framework", known("frameworks"))
def test_a_project_has_only_what_its_framework_uses(framework: str, tmp_path: Path) -> None:
    made = files(tmp_path, *CASES["regressor"], config(framework=framework))
    code = {
        Path(path).stem: ast.parse(text)
        for path, text in made.items()
        if path.startswith("src/") and path.endswith(".py")
    }
    imported = {
        name
        for module in code.values()
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.level
        for name in (node.module, *(alias.name for alias in node.names))
    }
    assert set(code) - {"__init__", "__main__", "score"} <= imported
    for other in set(known("frameworks")) - {framework, "asgi"}:
        assert not any(other in text for path, text in made.items() if path.endswith(".py")), other


def test_a_regressor_has_no_trace_of_what_it_cannot_do(tmp_path: Path) -> None:
    made = files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS)
    for path, text in made.items():
        if "/static/" in path:  # the page draws whatever the service answers
            continue
        assert "proba" not in text.lower(), path
        assert "decision" not in text.lower(), path
        assert "pandas" not in text or path == "pyproject.toml", path
        assert "skops" not in text or path == "pyproject.toml", path


def test_a_column_may_be_called_as_a_method_that_the_model_lacks(tmp_path: Path) -> None:
    spec = replace(REGRESSOR, inputs=tuple(Column(name=name, type="double") for name in ("transform", "decision")))
    made = files(tmp_path, spec, REGRESSOR_OUTPUTS)
    for path in ("schema", "v2", "openapi"):
        assert "transform" in made[f"src/churn/{path}.py"]
        assert "decision" in made[f"src/churn/{path}.py"]


def test_only_the_methods_that_are_asked_for_are_served(tmp_path: Path) -> None:
    made = files(tmp_path, CLASSIFIER, CLASSIFIER_OUTPUTS, config(methods=("predict_proba",)))
    assert '"predict_proba"' in made["src/churn/predictor.py"]
    assert '"predict"' not in made["src/churn/predictor.py"]
    assert "class Prediction(" not in made["src/churn/schema.py"]


def test_the_pages_are_the_templates_own_files(tmp_path: Path) -> None:
    folder = Path(str(project.__file__)).parent / "template" / "static"
    made = files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS)
    shipped = {Path(path).name: text for path, text in made.items() if "/static/" in path}
    assert shipped == {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}


def test_without_the_page_nothing_of_it_is_left(tmp_path: Path) -> None:
    made = files(tmp_path, REGRESSOR, REGRESSOR_OUTPUTS, config(page=False))
    shipped = {Path(path).name for path in made if "/static/" in path}
    assert shipped == {"docs.html", "docs.js", "element.js", "key.js", "style.css"}
    assert "page.html" not in made["src/churn/pages.py"]
    assert "`GET /`" not in made["README.md"]


def test_a_report_on_the_training_is_served_where_the_model_has_one(tmp_path: Path) -> None:
    spec = replace(REGRESSOR, report="lama_report.html")
    made = files(tmp_path / "with", spec, REGRESSOR_OUTPUTS)
    assert 'REPORT = "report/lama_report.html"' in made["src/churn/info.py"]
    assert "report_pages" in made["src/churn/service.py"]
    without = (
        files(tmp_path / "no", REGRESSOR, REGRESSOR_OUTPUTS),
        files(tmp_path / "off", spec, REGRESSOR_OUTPUTS, config(page=False)),
    )
    for made in without:
        assert "src/churn/report.py" not in made
        assert "report_pages" not in made["src/churn/service.py"]


def test_a_service_has_no_trace_of_what_it_was_not_asked_for(tmp_path: Path) -> None:
    made = files(tmp_path, *CASES["classifier"], config(metrics=False))
    assert "src/churn/tracing.py" not in made
    for path, text in made.items():
        for word in (
            "opentelemetry",
            "tracing",
            "phase(",
            "prometheus",
            "metrics",
            "api_key",
            "API_KEY",
            "preflight",
            "SECURITY",
        ):
            assert word not in text or not path.endswith(".py"), (path, word)
    assert not {"src/churn/metrics.py", "src/churn/keys.py", "src/churn/origins.py"} & set(made)


def test_a_service_has_what_it_was_asked_for(tmp_path: Path) -> None:
    deploy = config(api_key=True, cors=("https://a.example",), telemetry=True)
    made = files(tmp_path, *CASES["classifier"], deploy)
    assert "opentelemetry-sdk>=" in made["pyproject.toml"]
    assert "Tracing(self.operations)" in made["src/churn/service.py"]
    assert "API_KEY = True" in made["src/churn/settings.py"]
    assert "ORIGINS: tuple[str, ...] = ('https://a.example',)".replace("'", '"') in made["src/churn/origins.py"]
    assert '"securitySchemes"' in made["src/churn/openapi.py"]
    assert "CHURN_API_KEY" in made["README.md"]


@pytest.mark.parametrize(("extra", "said"), [("forbid", "unknown field `x`"), ("ignore", "Row(x0=1.0, x1=2.0)")])
def test_a_key_that_no_column_has_is_refused_unless_it_is_to_be_ignored(extra: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "schema.py").write_text(files(tmp_path, *CASES["regressor"], config(extra=extra))[SCHEMA], "utf-8")
    script = """if True:
        import msgspec, schema
        closed = msgspec.json.schema(schema.Row)["$defs"]["Row"].get("additionalProperties") is False
        try:
            print(closed, msgspec.json.decode('{"x0": 1, "x1": 2, "x": 3}', type=schema.Row))
        except msgspec.ValidationError as error:
            print(closed, error)
    """
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{extra == 'forbid'} ")
    assert said in done.stdout


@pytest.mark.parametrize(
    ("protocols", "absent"),
    [
        (("mlflow",), {"v2", "tensors"}),
        (("v2",), {"invocations"}),
        ((), {"invocations", "v2", "tensors"}),
    ],
)
def test_a_protocol_that_is_not_spoken_leaves_no_code(
    tmp_path: Path, protocols: tuple[str, ...], absent: set[str]
) -> None:
    made = files(tmp_path, *CASES["regressor"], config(protocols=protocols))
    modules = {Path(path).stem for path in made if path.startswith("src/")}
    assert modules.isdisjoint(absent)
    assert "typed" in modules
    for path, text in made.items():
        if path.endswith(".py"):
            assert not any(f"import {name}" in text or f"from .{name} " in text for name in absent), path


@pytest.mark.parametrize("python", ["3.10", "3.13"])
def test_the_code_is_formatted_and_lints_clean_by_its_own_pyproject(python: str, tmp_path: Path) -> None:
    deploy = replace(config(), python=python)
    for path, text in files(tmp_path, CLASSIFIER, CLASSIFIER_OUTPUTS, deploy).items():
        (tmp_path / "made" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / path).write_text(text, encoding="utf-8")
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."]
        done = subprocess.run(command, cwd=tmp_path / "made", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_same_model_makes_the_same_bytes(tmp_path: Path) -> None:
    assert files(tmp_path / "a", *CASES["classifier"]) == files(tmp_path / "b", *CASES["classifier"])


def test_six_hundred_columns_with_any_names(tmp_path: Path) -> None:
    odd = ["a b", "a_b", "class", "1", "été", "__init__", "float", "it's", "`", "", "{{ x }}", "Row", "row"]
    names = odd + [f"column {i}" for i in range(600 - len(odd))]
    spec = replace(REGRESSOR, inputs=tuple(Column(name=name, type="double") for name in names))
    made = files(tmp_path, spec, REGRESSOR_OUTPUTS)
    row = next(
        s for s in ast.parse(made["src/churn/schema.py"]).body if isinstance(s, ast.ClassDef) and s.name == "Row"
    )
    fields = [s for s in row.body if isinstance(s, ast.AnnAssign)]
    assert [_json_name(field) for field in fields] == names
    ast.parse(made["tests/test_service.py"])


@pytest.mark.parametrize("label", ['a"b', "a\\b", "a\nb"])
def test_labels_that_no_field_can_be_named_after_are_answered_as_a_list(tmp_path: Path, label: str) -> None:
    spec = replace(CLASSIFIER, classes=(label, "other"))
    outputs = tuple(replace(o, shape=(2,)) if o.method == "predict_proba" else o for o in CLASSIFIER_OUTPUTS)
    made = files(tmp_path, spec, outputs)
    assert "ClassProbabilities" not in made["src/churn/schema.py"]


def _json_name(field: ast.AnnAssign) -> str:
    assert isinstance(field.target, ast.Name)
    if field.value is None:
        return field.target.id
    assert isinstance(field.value, ast.Call)
    return str(ast.literal_eval(field.value.keywords[0].value))


@pytest.mark.parametrize(
    ("spec", "outputs", "deploy", "code"),
    [
        (CLASSIFIER, CLASSIFIER_OUTPUTS, config(methods=("predict", "transform")), "unknown-method"),
        (CLASSIFIER, (), config(), "no-methods"),
        (replace(CLASSIFIER, inputs=()), CLASSIFIER_OUTPUTS, config(), "no-signature"),
        (replace(CLASSIFIER, inputs=CLASSIFIER.inputs * 2), CLASSIFIER_OUTPUTS, config(), "double-column"),
        (replace(CLASSIFIER, flavor="mystery"), CLASSIFIER_OUTPUTS, config(), "unknown-flavor"),
        (CLASSIFIER, CLASSIFIER_OUTPUTS, config("json"), "name-taken"),
        (CLASSIFIER, CLASSIFIER_OUTPUTS, config("fastapi"), "name-taken"),
        (CLASSIFIER, CLASSIFIER_OUTPUTS, config("class"), "name-taken"),
        (CLASSIFIER, CLASSIFIER_OUTPUTS, config(requirements=("a b",)), "bad-requirement"),
    ],
)
def test_what_cannot_be_served_is_an_error_of_the_users(
    spec: ModelSpec, outputs: tuple[Output, ...], deploy: object, code: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as raised:
        files(tmp_path, spec, outputs, deploy)  # type: ignore[arg-type]  # parametrize has no types
    assert [d.code for d in raised.value.diagnostics] == [code]
    assert raised.value.diagnostics[0].field


def test_the_models_own_pins_come_before_the_flavors(tmp_path: Path) -> None:
    pinned = Requirement(name="scikit-learn", specifier="==1.9.1", reason="it saved the model")
    deploy = config(requirements=("tzdata>=2024; sys_platform == 'win32'", "uvicorn[standard]"))
    lines = [r.name + r.specifier for r in project.requirements(deploy, replace(CLASSIFIER, requirements=(pinned,)))]
    assert "scikit-learn==1.9.1" in lines
    assert "scikit-learn" not in lines
    assert 'tzdata>=2024 ; sys_platform == "win32"' in lines
    assert "uvicorn[standard]" in lines
    assert "skops" in lines
    assert "joblib" not in lines
