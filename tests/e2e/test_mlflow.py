"""Models from an MLflow store without a server: locked, fetched once, and told where they cannot be had."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from .mlflow_store import CHAMPION, Added, Store, local_store, model_folder, names
from .project import Project, cases

Filled = tuple[Store, Added, Added]
OwnCache = Callable[[Project], Project]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store with two versions of `penguins`, of which the first is the champion; not to be changed."""
    folder = tmp_path_factory.mktemp("mlflow")
    store = local_store(folder / "store")
    first, second = store.add(*(model_folder(folder / text, text) for text in ("first", "second")), champion="1")
    return store, first, second


@pytest.fixture
def at_store(project: Project, own_cache: OwnCache, filled: Filled) -> Project:
    """An empty project with an empty cache, told of the store by the environment."""
    return own_cache(project).given(MLFLOW_TRACKING_URI=filled[0].uri)


@pytest.mark.slow
def test_an_alias_stays_where_it_was_locked_until_it_is_told_to_move(
    at_store: Project, filled: Filled, tmp_path: Path
) -> None:
    store = _copy(filled[0], tmp_path / "mlflow.db")
    project = names(at_store.given(MLFLOW_TRACKING_URI=store.uri), CHAMPION)
    assert {"event": "note", "node": "lock-source", "line": f"{CHAMPION} is models:/penguins/1"} in project.build(
        "--only", "source"
    ).events
    store.promote("2")
    again = project.build("--only", "source", "--locked")
    assert again.cached == {"lock-source", "source"}
    moved = project.run("lock", "--upgrade", "model", "--offline")
    assert moved.codes == ["offline-miss"]
    assert "models:/penguins/1" in (project / "deploy.lock").read_text(encoding="utf-8")
    # the rest of deploy.lock needs a model that can be read, which this is not
    assert f"{CHAMPION} is models:/penguins/2, was models:/penguins/1" in project.run("lock", "--upgrade", "model").err
    told = project.run("explain", "lock-source")
    assert told.out == "lock-source: param version models:/penguins/1 -> models:/penguins/2\n"
    assert project.build("--only", "source", "--locked").cached == {"lock-source", "source"}


@pytest.mark.slow
def test_what_the_cache_has_needs_no_store(at_store: Project, filled: Filled) -> None:
    project = names(at_store, CHAMPION)
    project.build("--only", "source")
    nowhere = project.given(MLFLOW_TRACKING_URI="http://127.0.0.1:1")
    shutil.rmtree(project / ".deployc")
    assert not nowhere.build("--only", "source", "--locked", "--offline").ran
    # the blobs alone are enough: which files there are is in deploy.lock
    shutil.rmtree(project.cache / "actions")
    assert nowhere.build("--only", "source", "--locked", "--offline").ran == {"source"}
    shutil.rmtree(project.cache / "cas")
    assert nowhere.run("build", "--only", "source", "--offline").codes == ["offline-miss"]
    assert project.build("--only", "source", "--locked").ran == {"source"}


@pytest.mark.slow
def test_every_form_of_uri_names_the_same_files(at_store: Project, filled: Filled) -> None:
    _, _, second = filled
    forms = [
        "models:/penguins/2",
        "models:/penguins/latest",
        f"models:/{second.model}",
        f"runs:/{second.run}/model",
        f"runs:/{second.run}/files",
    ]
    locked = [_locked(names(at_store, uri)) for uri in forms]
    assert len({files for _, files in locked}) == 1
    fixed = {"models:/penguins/latest": "models:/penguins/2"}
    assert [version for version, _ in locked] == [fixed.get(uri, uri) for uri in forms]


@pytest.mark.slow
def test_each_of_several_is_locked_and_moved_by_itself(at_store: Project, filled: Filled, tmp_path: Path) -> None:
    store = _copy(filled[0], tmp_path / "mlflow.db")
    project = at_store.given(MLFLOW_TRACKING_URI=store.uri)
    several = "models:\n  best: {uri: models:/penguins@champion}\n  newest: {uri: models:/penguins/latest}\n"
    project.write("deploy.yaml", f"version: 1\nname: shop\n{several}targets: {{project: {{}}}}\n")
    for name in ("best", "newest"):
        project.build("--only", f"source-{name}")
    assert _versions(project) == ["models:/penguins/1", "models:/penguins/2"]
    store.promote("2")
    store.add(model_folder(tmp_path / "third", "third"))
    assert not project.build("--only", "source-best", "--locked").ran
    # the rest of deploy.lock needs models that can be read, which these are not
    moved = project.run("lock", "--upgrade", "models.best").err
    assert f"{CHAMPION} is models:/penguins/2, was models:/penguins/1" in moved
    assert _versions(project) == ["models:/penguins/2", "models:/penguins/2"]
    assert "lock-source-best: param version" in project.run("explain", "lock-source-best").out
    project.run("lock", "--upgrade", "model")
    assert _versions(project) == ["models:/penguins/2", "models:/penguins/3"]
    project.edit("deploy.yaml", "penguins/latest", "penguins/7")
    assert "deploy.yaml:5:17" in project.fails("unknown-version", "--only", "source-newest")


def test_a_lock_for_another_uri_is_stale(at_store: Project) -> None:
    project = names(at_store, "models:/penguins/1")
    assert "nothing is locked yet" in project.fails("lock-stale", "--only", "source", "--locked")
    project.build("--only", "source")
    names(project, "models:/penguins/2")
    told = project.fails("lock-stale", "--only", "source", "--locked")
    assert "uri models:/penguins/1 -> models:/penguins/2" in told
    assert "deploy.yaml:5:8" in told


@pytest.mark.parametrize(
    "named",
    cases(
        [
            ("models:/penguins@challenger", "unknown-alias", "known: champion"),
            ("runs:/RUN/modle", "missing-artifact", "the run has: files, model"),
        ],
        [
            ("models:/pengwins/1", "unknown-model", "did you mean `penguins`?"),
            ("models:/penguins/7", "unknown-version", "it has: 2, 1"),
            ("models:/m-0123456789abcdef", "unknown-model", "models:/NAME/1"),
            ("runs:/0123456789abcdef/model", "unknown-run", "no run `0123456789abcdef`"),
            ("runs:/RUN/files/data/x", "missing-artifact", "files/data/model.pkl"),
        ],
    ),
)
def test_what_there_is_not_is_told_with_what_there_is(
    at_store: Project, filled: Filled, named: tuple[str, str, str]
) -> None:
    uri, code, says = named
    project = names(at_store, uri.replace("RUN", filled[1].run))
    told = project.fails(code, "--only", "source")
    assert says in told
    assert "deploy.yaml:5:8" in told
    assert not (project / "deploy.lock").exists()


@pytest.mark.slow
def test_bytes_that_are_not_those_that_were_locked(project: Project, own_cache: OwnCache, tmp_path: Path) -> None:
    store = local_store(tmp_path / "store")
    store.add(model_folder(tmp_path / "model", "before"))
    project = names(own_cache(project), "models:/penguins/1", f"  tracking_uri: {store.uri}\n")
    project.build("--only", "source")
    lock = (project / "deploy.lock").read_bytes()
    (changed,) = (tmp_path / "store/artifacts/models").rglob("model.pkl")
    changed.write_bytes(b"after" * 1000)
    shutil.rmtree(project.cache / "cas")
    told = project.fails("model-changed", "--only", "source")
    assert "different: data/model.pkl" in told
    assert (project / "deploy.lock").read_bytes() == lock
    # it is another model: it has to be taken on purpose
    assert project.run("lock", "--upgrade", "model").codes != ["model-changed"]
    assert (project / "deploy.lock").read_bytes() != lock


def test_a_store_that_is_not_there_is_not_made(project: Project, tmp_path: Path) -> None:
    told = names(project, CHAMPION).fails("no-store", "--only", "source")
    assert "MLFLOW_TRACKING_URI" in told
    told = names(project, CHAMPION, "  tracking_uri: sqlite:///nothing.db\n").fails("no-store", "--only", "source")
    assert "deploy.yaml:6:17" in told
    assert not (project / "nothing.db").exists()


@pytest.mark.slow
def test_a_store_beside_deploy_yaml_is_found_and_its_facts_are_kept(
    project: Project, own_cache: OwnCache, filled: Filled
) -> None:
    shutil.copy(filled[0].uri.removeprefix("sqlite:///"), project / "mlflow.db")
    project = names(own_cache(project), CHAMPION)
    project.build("--only", "source")
    facts = json.loads(_block((project / "deploy.lock").read_text(encoding="utf-8"), "facts"))
    assert {key: facts[key] for key in ("name", "version", "aliases", "metrics", "params", "tags")} == {
        "name": "penguins",
        "version": "1",
        "aliases": ["champion"],
        "metrics": {"accuracy": 0.9},
        "params": {"depth": "3"},
        "tags": {"team": "birds"},
    }
    assert facts["run_id"] == filled[1].run
    assert facts["trained_at"].endswith("Z")


@pytest.mark.slow
def test_a_model_from_the_registry_is_served_with_its_origin(given: Project, filled: Filled, tmp_path: Path) -> None:
    store = local_store(tmp_path / "store")
    store.add(given / "model", accuracy=0.97)
    project = names(given, "models:/penguins/latest", f"  sample: sample.csv\n  tracking_uri: {store.uri}\n")
    project.build()
    provenance = json.loads((project / "build/project/src/penguins/provenance.json").read_text(encoding="utf-8"))
    assert provenance["metrics"] == {"accuracy": 0.97}
    shutil.rmtree(tmp_path / "store")
    assert [event["event"] for event in project.build().events] == ["up-to-date"]
    shutil.rmtree(project / ".deployc")
    assert project.build("--locked").ran == set()


@pytest.mark.slow
def test_one_of_several_is_served_with_its_origin(given: Project, tmp_path: Path) -> None:
    store = local_store(tmp_path / "store")
    store.add(given / "model", accuracy=0.97)
    models = f"models:\n  best: {{uri: models:/penguins/latest, tracking_uri: {store.uri}}}\n  ours: {{path: model/}}\n"
    given.write("deploy.yaml", f"version: 1\nname: shop\n{models}targets: {{project: {{}}}}\n")
    given.build()
    provenance = json.loads((given / "build/project/src/shop/best/provenance.json").read_text(encoding="utf-8"))
    assert provenance["metrics"] == {"accuracy": 0.97}
    shutil.rmtree(tmp_path / "store")
    shutil.rmtree(given / ".deployc")
    assert given.build("--locked", "--offline").ran == set()


def _versions(project: Project) -> list[str]:
    """The versions that deploy.lock names, in the order of the models' names."""
    lines = (project / "deploy.lock").read_text(encoding="utf-8").splitlines()
    return [line.strip().removeprefix("version: ") for line in lines if line.startswith("    version: ")]


def _copy(store: Store, path: Path) -> Store:
    """The same store, whose aliases may be changed."""
    shutil.copy(store.uri.removeprefix("sqlite:///"), path)
    return replace(store, uri=f"sqlite:///{path}")


def _locked(project: Project) -> tuple[str, str]:
    """The version and files that deploy.lock gets."""
    project.build("--only", "source")
    text = (project / "deploy.lock").read_text(encoding="utf-8")
    return text.partition("  version: ")[2].partition("\n")[0], _block(text, "files")


def _block(text: str, key: str) -> str:
    """A block of text below a key of deploy.lock's source."""
    lines = text.partition(f"  {key}: |\n")[2].splitlines()
    kept = [line[4:] for line in lines[: next(i for i, line in enumerate(lines) if not line.startswith("    "))]]
    return "\n".join(kept) + "\n"
