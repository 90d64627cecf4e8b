"""`build()`: what the command `deployc build` does, for Python."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from os import PathLike
from pathlib import Path

from ...schema.codec import decode
from ...schema.diagnostics import UserError
from ...targets import graph
from ...targets.deployment import Deployment
from ..cli.building import Built, built
from ..cli.commands.build import arguments
from ..cli.session import Session, deployment, opened, plan
from ..model_spec import Column, ModelSpec
from .arguments import at_least, listed
from .built import Build
from .errors import told
from .showing import Recorded, recorded


def build(
    file: str | PathLike[str] = "deploy.yaml",
    *,
    environment: str = "",
    targets: Iterable[str] = (),
    out: str | PathLike[str] | None = None,
    locked: bool | None = None,
    offline: bool = False,
    allow: Iterable[str] = (),
    force: bool = False,
    jobs: int | None = None,
    quiet: bool = False,
) -> Build:
    """Build a deploy.yaml, as far as it is not built already.

    The arguments are the options of `deployc build`, of which `environment` is `-e`; `quiet` shows no progress.
    DeploycError: what is wrong, which is what the command line would have printed.
    """
    with told():
        options = usual(file)
        options.env, options.locked, options.offline, options.force = environment, locked, offline, force
        options.target, options.allow = [*listed(targets)], [*listed(allow)]
        options.out = None if out is None else os.fspath(out)
        options.jobs = options.jobs if jobs is None else at_least(1, jobs, "jobs")
        return done(options, recorded(quiet=quiet))


def usual(file: str | PathLike[str]) -> argparse.Namespace:
    """The options of `deployc build FILE`."""
    parser = argparse.ArgumentParser()
    arguments(parser)
    options = parser.parse_args([])
    options.file = os.fspath(file)
    return options


def done(options: argparse.Namespace, show: Recorded) -> Build:
    """What `deployc build` does with these options; UserError with all mistakes, each at its line."""
    session = opened(options)
    options.out = options.out or str(session.out)
    made = deployment(session, options)
    found = built(session, plan(session, made, options), made, options, show)
    if found.outcome.failures:
        raise UserError(*(session.spans.placed(d) for each in found.outcome.failures.values() for d in each))
    show.say(f"built {session.config.name} in {found.seconds:.1f} s: {found.folder}")
    return Build(
        name=session.config.name,
        file=session.file,
        folder=found.folder,
        targets={name: found.folder / name for name in options.target or session.config.targets},
        reports={name: folder for name, folder in _reports(session, found) if folder.is_dir()},
        remarks=found.remarks,
        events=tuple(show.events),
        seconds=found.seconds,
        columns=_columns(made, found),
        deployment=replace(made, lockfile=graph.locked(made, found.outcome.trees)),
    )


def _columns(made: Deployment, found: Built) -> tuple[Column, ...]:
    if "inspect" not in found.outcome.trees:
        return ()  # nothing that was built needs the model
    spec = decode(ModelSpec, json.loads(made.store.cas.text(found.outcome.trees["inspect"], "spec.json")))
    return spec.inputs


def _reports(session: Session, found: Built) -> Iterator[tuple[str, Path]]:
    for name in ("optimize", *session.config.tests):
        yield name, found.folder / "reports" / name
