"""Several models behind one service: each below its own name, and all of them one service."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.compiler.hooks.contract import Hooks
from deployc.compiler.hooks.modules import on_disk
from deployc.compiler.hooks.read import read
from deployc.compiler.model_spec import Column, ModelSpec, Output
from deployc.schema.composed import Feed
from deployc.schema.config import Config, Entry, Image, Member, PayloadLog
from deployc.schema.config import Hooks as Named
from deployc.schema.diagnostics import UserError
from deployc.targets import project
from deployc.targets.project.catalog import known
from deployc.targets.project.names import FRONT
from deployc.targets.project.part import Part
from deployc.targets.project.scored import Options
from deployc.targets.project.several.openapi import document
from deployc.targets.project.several.part import Part as Of
from deployc.targets.project.several.predictor import Predictor
from deployc.targets.project.several.recording import RecordingService
from deployc.targets.project.several.service import Service
from deployc.targets.project.template.problems import Rejected
from deployc.targets.project.template.settings import Settings
from deployc.targets.project.template.web import Request

from .space import CLASSIFIER, CLASSIFIER_OUTPUTS, REGRESSOR, REGRESSOR_OUTPUTS, config
from .test_hooks import ALONE, POST, PRE, SIMPLE, START, waiting

ROW = b'{"number": 1}'
PHOTO = Column(name="photo", type="double", shape=(2, 3, 3), image=Image(unit=True))
PICTURED = replace(REGRESSOR, container="tensor", inputs=(PHOTO,))


def header(name: str) -> str:
    return {"content-type": "application/json"}.get(name, "")


def stubs() -> Predictor:
    """Two models, each the template's stub."""
    return Predictor({"one": Of, "other": Of})


def service() -> Service:
    return Service(Settings(), stubs)


def asked(found: Service, path: str, body: bytes = ROW) -> object:
    found.admit(path, header)
    answer = asyncio.run(found.answer(Request(path, "", header, body)))
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def shown(found: Service, path: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(found.show(path, header).body)
    return answer


def part(
    spec: ModelSpec, outputs: tuple[Output, ...], hooks: Hooks | None = None, feeds: Mapping[str, Feed] = {}
) -> Part:
    own = {"hooks": Named(module=hooks.module)} if hooks else {}
    return Part(spec=spec, outputs=outputs, config=config("shop", **own), hooks=hooks, feeds=feeds)


def composed(
    folder: Path,
    value: ModelSpec,
    deploy: Config | None = None,
    hooks: Hooks | None = None,
    feeds: Mapping[str, Feed] = {},
) -> Mapping[str, str]:
    """The texts of a project of a classifier and another model, which may have hooks or be fed, by path."""
    cas, whole = Cas(folder / "cas"), deploy or config("shop")
    parts = {"churn": part(CLASSIFIER, CLASSIFIER_OUTPUTS), "value": part(value, REGRESSOR_OUTPUTS, hooks, feeds)}
    tree = project.compose(parts=parts, config=whole, cas=cas)
    return {entry.path: cas.text(tree, entry.path) for entry in tree}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Such a project; a column of the other model is redacted."""
    hidden = replace(REGRESSOR, inputs=(Column(name="x0", type="double", redacted=True), REGRESSOR.inputs[1]))
    return composed(tmp_path_factory.mktemp("several"), hidden)


def test_each_model_answers_below_its_name() -> None:
    found = service()
    found.start()
    assert asked(found, "/one/predict") == asked(found, "/other/predict") == {"prediction": "yes"}
    for path in ("/predict", "/third/predict"):
        assert path not in found.operations


def test_a_mistake_is_the_models_own() -> None:
    found = service()
    found.start()
    with pytest.raises(Rejected) as raised:
        asked(found, "/other/predict", b'{"number": "one"}')
    assert (raised.value.status, raised.value.field) == (422, "number")


def test_all_are_ready_or_none_is() -> None:
    found = service()
    for path in ("/readyz", "/v2/health/ready", "/info"):
        with pytest.raises(Rejected, match="not loaded"):
            found.show(path, header)
    found.start()
    assert shown(found, "/readyz") == {"status": "ready"}
    found.leave()
    for path in ("/readyz", "/one/readyz", "/other/readyz"):
        with pytest.raises(Rejected, match="about to stop"):
            found.show(path, header)


def test_info_has_what_each_model_says_of_itself() -> None:
    found = service()
    found.start()
    models = shown(found, "/info")["models"]
    assert models == {"one": shown(found, "/one/info"), "other": shown(found, "/other/info")}


def test_the_open_inference_protocol_finds_a_model_by_its_name_at_the_root() -> None:
    found = service()
    # the stub's own name, which both of them have here
    assert "/v2/models/service/infer" in found.operations
    assert shown(found, "/v2/health/live") == {"live": True}


def test_a_models_name_alone_leads_to_its_page() -> None:
    found = service()
    answer = found.show("/one", header)
    assert (answer.status, dict(answer.headers)) == (307, {"location": "one/page"})
    assert found.show("/one/page", header).content_type.startswith("text/html")
    assert b'href="one/page"' in found.show("/", header).body
    # some frameworks take it for the same path without it, and some do not
    assert not [path for path in found.pages if path.endswith("/") and path != "/"]


def test_the_document_has_each_models_routes_and_types_below_its_name() -> None:
    found = document()
    text = json.dumps(found)
    paths, components = found["paths"], found["components"]
    assert isinstance(paths, dict)
    assert isinstance(components, dict)
    assert {"/model/predict", "/model/info", "/info", "/readyz"} <= set(paths)
    assert not {"/predict", "/v2", "/v2/health/live"} & set(paths)
    references = set(text.split('"$ref": "#/components/schemas/')[1:])
    assert {each.partition('"')[0] for each in references} <= set(components["schemas"])
    operations = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(operations) == len(set(operations))


def test_what_all_models_share_is_there_once(made: Mapping[str, str]) -> None:
    packages = {
        name: {Path(p).stem for p in made if Path(p).parent.name == name} for name in ("shop", "churn", "value")
    }
    shared = {"web", "problems", "settings", "asgi", "batches", "logs", "app", "metrics"}
    assert shared <= packages["shop"]
    assert not shared & (packages["churn"] | packages["value"])
    assert {"schema", "model", "predictor"} <= packages["churn"] & packages["value"]
    assert not {"schema", "model", "score"} & packages["shop"]


def test_every_import_of_the_project_leads_somewhere(made: Mapping[str, str]) -> None:
    assert not [*astray(made)]


@pytest.mark.parametrize(
    "text",
    [
        START + PRE + POST,
        *(pytest.param(text, marks=pytest.mark.slow) for text in (START, PRE, ALONE, waiting(START + PRE + POST))),
    ],
)
def test_hooks_are_around_their_own_model(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.py").write_text(SIMPLE + text, encoding="utf-8")
    made = composed(tmp_path, REGRESSOR, hooks=read("own", on_disk(tmp_path), ()))
    assert not [*astray(made)]
    assert not [path for path, found in made.items() if "from own import" in found and "/value/" not in path]
    led = "src/shop/value/invocations.py" in made
    assert led == (text == START), "no way leads past the hooks"


def test_a_model_takes_in_its_columns_what_another_answers(tmp_path: Path) -> None:
    made = composed(tmp_path, REGRESSOR, feeds={"x0": Feed("churn", "predict_proba", "no")})
    assert not [*astray(made)]
    assert '{"x0": ("churn", "predict_proba", "no")}' in made["src/shop/value/fed.py"]
    assert "src/shop/churn/fed.py" not in made
    assert "src/shop/churn/score.py" in made
    assert "from .others import asking" in made["src/shop/value/job.py"], "a file is scored with both models"
    assert "from ..churn.unserved import feeding" in made["src/shop/value/others.py"]
    assert "src/shop/value/unserved.py" not in made, "nothing takes its answers"
    for asked in ("v2", "tabular"):
        text = made[f"src/shop/value/{asked}.py"]
        assert '"hours per week"' in text, "its columns are those of requests"
        assert '"x0"' not in text, "no way leads past the other model"
    assert "def call(" in made["src/shop/value/invocations.py"]
    example = made["src/shop/value/openapi.py"].partition("EXAMPLE")[2].partition("}")[0]
    assert '"hours per week"' in example
    assert '"x0"' not in example


def test_mlflow_asks_each_model_in_its_own_package(tmp_path: Path, made: Mapping[str, str]) -> None:
    targets = {"mlflow": Entry(name="mlflow", kind="mlflow", options=None)}
    asked = composed(tmp_path, REGRESSOR, replace(config("shop"), targets=targets))
    assert not [*astray(asked)]
    for package in ("churn", "value"):
        assert "def _load_pyfunc(" in asked[f"src/shop/{package}/pyfunc.py"]
        assert f"src/shop/{package}/pyfunc.py" not in made, "what only MLflow asks"


def test_nothing_is_there_of_answers_that_no_model_takes(made: Mapping[str, str]) -> None:
    assert not [path for path, text in made.items() if path.endswith(".py") and "feed" in text]


@pytest.mark.slow
@pytest.mark.parametrize("framework", sorted({*known("frameworks")} - {"fastapi"}))
def test_every_import_leads_somewhere_with_each_framework(framework: str, tmp_path: Path) -> None:
    assert not [*astray(composed(tmp_path, PICTURED, config("shop", framework=framework)))]


def astray(made: Mapping[str, str]) -> Iterator[str]:
    """Relative imports of what is not there."""
    for path in (path for path in made if path.startswith("src/") and path.endswith(".py")):
        place = Path(path).with_suffix("").parts
        for node in ast.walk(ast.parse(made[path])):
            if isinstance(node, ast.ImportFrom) and node.level:
                module = "/".join([*place[: len(place) - node.level], *(node.module or "").split(".")]).rstrip("/")
                missing = [alias.name for alias in node.names if not defines(made, module, alias.name)]
                yield from (f"{path}: {ast.unparse(node)}" for _ in missing)


def defines(made: Mapping[str, str], module: str, name: str) -> bool:
    """Whether a module of the project has a name, or a package a module."""
    if f"{module}/{name}.py" in made:
        return True
    tree = ast.parse(made.get(f"{module}.py", ""))
    bound = {alias.asname or alias.name for n in tree.body if isinstance(n, ast.ImportFrom) for alias in n.names}
    bound |= {n.name for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}
    bound |= {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    bound |= {n.target.id for n in tree.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    return name in bound


def test_a_mistake_of_one_model_is_placed_at_that_model(tmp_path: Path) -> None:
    twice = replace(REGRESSOR, inputs=(Column(name="x", type="double"),) * 2)
    with pytest.raises(UserError) as raised:
        composed(tmp_path, twice)
    assert raised.value.diagnostics[0].field == ("models", "value", "path")


def test_a_column_that_one_model_has_redacted_is_kept_out_of_the_log_of_all(made: Mapping[str, str]) -> None:
    assert '"x0"' in made["src/shop/redacting.py"]
    assert "redacting" in made["src/shop/logs.py"]
    assert "redacting" not in made["src/shop/churn/typed.py"]


@pytest.mark.parametrize("waiting", [False, True])
def test_requests_to_all_models_are_in_one_log(tmp_path: Path, waiting: bool) -> None:
    found = RecordingService(Settings(payload_log=tmp_path / "log", payload_sample=1.0), stubs)
    found.start()
    for path in ("/one/predict", "/v2/models/service/infer", "/other/invocations"):
        body = b'{"dataframe_records": [{"number": 2}]}' if path.endswith("invocations") else ROW
        with suppress(Rejected):
            request = Request(path, "", header, body)
            found.answer_now(request) if waiting else asyncio.run(found.answer(request))
    found.stop()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    assert [line["rows"][0]["number"] for line in lines] == [1, 2]
    assert {line["name"] for line in lines} == {"service"}


def test_a_project_that_logs_payloads_does_so_for_all_models(tmp_path: Path) -> None:
    logged = config("shop", payload_log=PayloadLog(sample=0.5, redact=("x0",)))
    made = composed(tmp_path, REGRESSOR, logged)
    assert "from .recording import RecordingService as Service" in made["src/shop/app.py"]
    assert 'REDACTED: tuple[str, ...] = ("x0",)' in made["src/shop/payloads.py"]
    assert "SHOP_PAYLOAD_SAMPLE" in made["README.md"]
    assert not [path for path, text in made.items() if "payload" in text and "/churn/" in path]
    assert not [*astray(made)]


def test_a_column_to_redact_has_to_be_one_of_some_model(tmp_path: Path) -> None:
    deploy = config("shop", payload_log=PayloadLog(redact=("x0", "x9")))
    with pytest.raises(UserError, match="none of the models has a column `x9`") as raised:
        composed(tmp_path, REGRESSOR, replace(deploy, models={"churn": Member(path="a"), "value": Member(path="b")}))
    assert raised.value.diagnostics[0].field == ("serve", "payload_log", "redact", 1)


def test_a_project_that_is_traced_sends_what_all_models_are_asked_as_one_service(tmp_path: Path) -> None:
    made = composed(tmp_path, REGRESSOR, config("shop", telemetry=True))
    assert "self.tracing = Tracing(" in made["src/shop/service.py"]
    assert "tracing.start" not in made["src/shop/churn/service.py"]
    assert not [*astray(made)]


def test_a_model_may_be_called_as_any_module_of_the_project_is(tmp_path: Path) -> None:
    cas, modules = Cas(tmp_path / "cas"), set[str]()
    whole = config("shop", payload_log=PayloadLog(), telemetry=True)
    fed = {"x0": Feed("service", "predict_proba", "no")}
    for names in (("service", "fed"), ("v1-2", "v12")):
        parts = {
            names[0]: part(CLASSIFIER, CLASSIFIER_OUTPUTS),
            names[1]: part(REGRESSOR, REGRESSOR_OUTPUTS, feeds=fed if names[1] == "fed" else {}),
        }
        tree = project.compose(parts=parts, config=whole, cas=cas)
        made = {entry.path: cas.text(tree, entry.path) for entry in tree}
        assert not [*astray(made)]
        for name in names:
            assert f"src/shop/{project.package_of(name)}/predictor.py" in made
        modules |= {Path(path).stem for path in made if Path(path).parent.as_posix() == "src/shop"}
    modules -= {"__init__", "py"}
    assert modules <= FRONT, "a package of such a name would lie where a module does"
    assert project.package_of("service") == "service_"


def test_each_model_has_a_command_that_scores_files(tmp_path: Path) -> None:
    targets = {"batch": Entry(name="batch", kind="batch", options=Options(parquet=True, dask=True))}
    made = composed(tmp_path, REGRESSOR, replace(config("shop"), targets=targets))
    assert not [*astray(made)]
    assert '"pyarrow>=14",' in made["pyproject.toml"]
    for package in ("churn", "value"):
        assert f'shop-{package}-score = "shop.{package}.score:main"' in made["pyproject.toml"]
        assert f'COMMAND = "shop-{package}-score"' in made[f"src/shop/{package}/score.py"]
        assert {f"src/shop/{package}/{name}.py" for name in ("parquet", "frames", "dask")} <= made.keys()
        assert f"src/shop/{package}/spark.py" not in made
