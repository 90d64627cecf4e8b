"""Finds what a URI names in MLflow, or tells what there is instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ...schema.suggest import suggest
from .client_types import Client, LoggedModel, Run, Version
from .refusals import Refused, absent, refused
from .uri import Logged, Named, OfRun, Registered

_SHOWN = 20
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model in MLflow, and all that MLflow knows of it."""

    uri: str
    """A URI that always names this one."""
    location: str
    """Of the artifacts, for MLflow; `path` is the model's below it."""
    path: str = ""
    version: Version | None = None
    logged: LoggedModel | None = None
    run: Run | None = None


def find(client: Client, named: Named) -> Found:
    """What is named; Refused where there is no such model, version, alias or run."""
    match named:
        case Registered():
            return _registered(client, named)
        case Logged(id=id):
            logged = _asked(lambda: client.get_logged_model(id), lambda: _no_logged_model(id))
            run = _perhaps(lambda: client.get_run(logged.source_run_id or ""))
            return Found(uri=f"models:/{id}", location=f"models:/{id}", logged=logged, run=run)
        case OfRun():
            return _of_run(client, named)


def _registered(client: Client, named: Registered) -> Found:
    version = _asked(lambda: _version(client, named), lambda: _no_version(client, named))
    if version is None:
        raise _no_version(client, named)
    uri = f"models:/{named.name}/{version.version}"
    own = (version.source or "").removeprefix("models:/")
    logged = _perhaps(lambda: client.get_logged_model(own)) if own.startswith("m-") else None
    run = _perhaps(lambda: client.get_run(version.run_id or ""))
    return Found(uri=uri, location=uri, version=version, logged=logged, run=run)


def _version(client: Client, named: Registered) -> Version | None:
    if named.alias:
        return client.get_model_version_by_alias(named.name, named.alias)
    if named.version:
        return client.get_model_version(named.name, named.version)
    return next(iter(client.search_model_versions(_called(named.name), 1, ["version_number DESC"])), None)


def _of_run(client: Client, named: OfRun) -> Found:
    run = _asked(
        lambda: client.get_run(named.run),
        lambda: refused(code="unknown-run", message=f"MLflow has no run `{named.run}`"),
    )
    name, _, below = named.path.partition("/")
    uri = f"runs:/{named.run}/{named.path}"
    logged = next((m for m in logged_by(client, run, _called(name)) if m.name == name), None)
    if logged:
        return Found(uri=uri, location=f"models:/{logged.model_id}", path=below, logged=logged, run=run)
    return Found(uri=uri, location=run.info.artifact_uri, path=named.path, run=run)


def logged_by(client: Client, run: Run, filter: str | None = None) -> list[LoggedModel]:
    """The models that a run logged, the newest first; none where the server is older than such models."""
    found = _perhaps(lambda: client.search_logged_models([run.info.experiment_id], filter)) or ()
    own = [m for m in found if m.source_run_id == run.info.run_id]
    return sorted(own, key=lambda m: m.creation_timestamp, reverse=True)


def _no_version(client: Client, named: Registered) -> Refused:
    names = [model.name for model in client.search_registered_models()]
    if named.name not in names:
        advice = suggest(named.name, names) or "no model is registered there"
        return refused(code="unknown-model", message=f"MLflow has no registered model `{named.name}`", help=advice)
    if named.alias:
        aliases = client.get_registered_model(named.name).aliases
        advice = suggest(named.alias, aliases) or "it has no aliases"
        return refused(
            code="unknown-alias", message=f"the model `{named.name}` has no alias `{named.alias}`", help=advice
        )
    found = client.search_model_versions(_called(named.name), _SHOWN, ["version_number DESC"])
    advice = f"it has: {', '.join(str(v.version) for v in found)}" if found else "none is registered yet"
    which = f"version {named.version}" if named.version else "version"
    return refused(code="unknown-version", message=f"the model `{named.name}` has no {which}", help=advice)


def _no_logged_model(id: str) -> Refused:
    advice = "a registered model is named with a version or an alias: models:/NAME/1 or models:/NAME@champion"
    return refused(code="unknown-model", message=f"MLflow has no logged model `{id}`", help=advice)


def _called(name: str) -> str:
    quote = '"' if "'" in name else "'"
    return f"name = {quote}{name}{quote}"


def _asked(ask: Callable[[], Thing], otherwise: Callable[[], Refused]) -> Thing:
    try:
        return ask()
    except Exception as error:
        if not absent(error):
            raise
    raise otherwise()


def _perhaps(ask: Callable[[], Thing]) -> Thing | None:
    """What is worth telling but not needed: an old server, or one that was tidied up, does not have it."""
    try:
        return ask()
    except Exception:
        return None
