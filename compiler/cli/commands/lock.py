"""Resolve requirements and write deploy.lock, as far as it is stale.

What depends on the model is locked when the model can be read, so a model that is still to be trained is trained.

examples:
  deployc lock
  deployc lock --upgrade scikit-learn    move one distribution to its newest version
  deployc lock --upgrade model           move the model to what its uri names now; of several, all of them
  deployc lock --upgrade models.churn    move this one of several
  deployc lock --upgrade base            move the images that images are built on to what their tags name now
  deployc lock --upgrade '*'             move all
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from ....schema.config import Config
from ....schema.diagnostics import UserError
from ....targets.graph import locked
from ....targets.images import KINDS as IMAGES
from ...lock.resolve import ALL, unknown
from ..building import executed, remember_manifests
from ..session import arguments as file_argument
from ..session import deployment, machine_arguments, opened
from ..session import plan as planned
from ..showing import progress, shown

MODEL = "model"
"""In place of a distribution's name: the model that its `uri` names, or all such models."""
BASE = "base"
"""In place of a distribution's name: what the bases of images name."""


def arguments(parser: argparse.ArgumentParser) -> None:
    file_argument(parser)
    machine_arguments(parser)
    parser.add_argument("--upgrade", action="append", default=[], metavar="NAME", help="may move; '*' for all")
    parser.set_defaults(jobs=os.cpu_count() or 2, keep_going=False, locked=False, only=None, target=[])


def run(options: argparse.Namespace) -> int:
    session = opened(options)
    names = frozenset(options.upgrade)
    moving = _moving(session.config)
    made = deployment(
        session,
        options,
        upgrade=names - moving,
        moves_models=_moved(session.config, names),
        moves_bases=BASE in moving and bool(names & {BASE, ALL}),
    )
    if found := unknown(made.upgrade, made.lockfile):
        raise UserError(*found)
    plan = planned(session, made, options)
    wanted = [name for name, node in plan.nodes.items() if node.kind == "lock"]
    with shown(progress()) as show:
        keep = partial(remember_manifests, session)
        outcome = executed(session, plan.only(wanted), made, options, show, keep)
    if outcome.failures:
        raise session.placed(UserError(*(d for found in outcome.failures.values() for d in found)))
    for name, section in locked(made, outcome.trees).sections.items():
        for what, why in section.without.items():
            sys.stderr.write(f"deployc: {name} is locked without {what}: {why.splitlines()[0]}\n")
    held = ", ".join(name.removeprefix("lock-") for name in wanted)
    sys.stderr.write(f"deployc: {session.lock.name} holds {held}\n")
    return 0


def _moving(config: Config) -> frozenset[str]:
    """What else than distributions may move: where there is no such thing, its name is a distribution's."""
    images = any(entry.kind in IMAGES for entry in config.targets.values())
    models = _from_mlflow(config)
    return frozenset([*models.values(), *([MODEL] if models else []), *([BASE] if images else [])])


def _moved(config: Config, names: frozenset[str]) -> frozenset[str]:
    """The models that these names move; "" is the only one."""
    return frozenset(model for model, name in _from_mlflow(config).items() if names & {name, MODEL, ALL})


def _from_mlflow(config: Config) -> dict[str, str]:
    """How each model that MLflow keeps is called here, by its name; "" is the only one."""
    only = {"": MODEL} if config.model.uri else {}
    return only | {name: f"models.{name}" for name, member in config.models.items() if member.uri}
