"""Publishing to MLflow: what is asked of its client, which runs as a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ...compiler.process import Processes
from ...compiler.sources.place import Place
from ...compiler.sources.refusals import Refusal
from ...schema.codec import decode
from ...schema.diagnostics import Diagnostic, UserError, fail
from ..project import package_of
from ..publishing import Publication, Published
from .client import Registered, Wanted
from .folder import CODE
from .options import Options, called

SAME = ("deployc.model", "deployc.code", "deployc.lock")
"""The tags that name what is registered: versions in which they are equal hold the same model and code."""


def register(publication: Publication) -> Published:
    """Log and register the folder of a target, of several models each one's."""
    options = publication.options
    assert isinstance(options, Options)
    models = publication.deployment.config.models or ("",)
    return Published(lines=tuple(_registered(publication, options, model) for model in models))


def _registered(publication: Publication, options: Options, model: str) -> str:
    with _at_target(publication.name):
        place = _place(publication, options, model)
        what = wanted(publication, options, place.folder(), model)
        found = _asked(what, place, publication)
    said = "registered as" if found.new else "is registered already as"
    alias = f", alias {options.alias}" if options.alias else ""
    return f"{publication.name} {said} models:/{what.name}/{found.version}{alias} (run {found.run})"


def wanted(publication: Publication, options: Options, beside: Path, model: str = "") -> Wanted:
    """What is to be registered, with what the built folder says of itself; `beside` is a database's folder."""
    config, below = publication.deployment.config, package_of(model) if model else ""
    folder = publication.folder / below
    package = folder / CODE / publication.deployment.package / below
    build = json.loads((package / "build.json").read_text(encoding="utf-8"))
    known = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    run = str(known.get("run_id") or "")
    return Wanted(
        folder=str(folder.absolute()),
        beside=str(beside.absolute()),
        name=options.registered_model or called(config.name, model),
        run="" if options.experiment else run,
        experiment=options.experiment or config.name,
        alias=options.alias or "",
        tags={**options.tags, **_tags(build, run)},
        same=SAME,
    )


def _tags(build: dict[str, object], run: str) -> dict[str, str]:
    """Digests of what is in the folder, what compiled the model and what proves it, and the run that trained it."""
    compiled = build.get("compiled")
    says = {**build, **({"optimizer": compiled["by"], **compiled} if isinstance(compiled, dict) else {})}
    names = ("model", "code", "lock", "optimizer", "proof", "original")
    found = {f"deployc.{name}": str(says[name]) for name in names if says.get(name)}
    return {**found, "deployc.version": str(build["deployc"]), **({"deployc.trained_by": run} if run else {})}


def _place(publication: Publication, options: Options, model: str) -> Place:
    made = publication.deployment
    source = made.config.models[model].model if model else made.config.model
    uri = options.tracking_uri or source.tracking_uri
    return Place(tracking_uri=uri, root=made.root, environ=publication.environ)


def _asked(what: Wanted, place: Place, publication: Publication) -> Registered:
    lines: list[str] = []
    with TemporaryDirectory() as scratch:
        request, answer = Path(scratch) / "request.json", Path(scratch) / "answer.json"
        request.write_text(json.dumps(_plain(what)), encoding="utf-8")
        environ = {**place.client_environ(), "MLFLOW_HTTP_REQUEST_TIMEOUT": place.patience}
        command = [sys.executable, "-m", f"{__package__}.client", str(request), str(answer)]
        code = Processes().run(
            command, folder=Path(scratch), environ=environ, log=lambda line: lines.append(place.cleaned(line))
        )
        if code != 0 or not answer.exists():
            notes = ["\n".join(lines[-25:])]
            raise fail("mlflow-failed", f"MLflow's client ended with exit code {code}", notes=notes)
        told = json.loads(answer.read_text(encoding="utf-8"))
    if why := told.get("refused"):
        raise _refused(Refusal(**why), place)
    return decode(Registered, told)


def _plain(what: Wanted) -> dict[str, object]:
    return {name: getattr(what, name) for name in Wanted.__slots__}


def _refused(why: Refusal, place: Place) -> UserError:
    notes = [place.cleaned(why.note)] if why.note else []
    # What MLflow's refusals say is said of reading a model, but for those whose code says it all.
    message = "MLflow did not take the model" if why.code == "mlflow-failed" else place.cleaned(why.message)
    return fail(why.code, message, help=why.help, notes=notes)


@contextmanager
def _at_target(name: str) -> Iterator[None]:
    """What is wrong with the store is told at the target, whichever field named it."""
    try:
        yield
    except UserError as error:
        told: list[Diagnostic] = [replace(each, field=("targets", name)) for each in error.diagnostics]
        raise UserError(*told) from None
