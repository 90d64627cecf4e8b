"""The locks and environments that a model is asked in and that the service runs in: one, unless it is compiled."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from packaging.utils import canonicalize_name

from ..compiler.cas import Cas
from ..compiler.lock.wanted import Wanted, Wish
from ..compiler.model_spec import ModelSpec, Requirement
from ..compiler.node import AnyNode, Input, Made
from ..compiler.tree import Tree
from ..schema.codec import decode
from ..schema.lockfile import pins
from . import project
from .deployment import LOCKED, Deployment
from .project.applying import candidates, may_do_without
from .project.needs import to_ask, to_convert

Needs = Callable[[ModelSpec, Mapping[str, str]], Mapping[str, tuple[Requirement, ...]]]
"""What a model and the modules of the user's own template need: by optimiser, and under "" whatever compiles it."""


def nodes(deployment: Deployment, spec: Input) -> list[AnyNode]:
    """`lock-serve` and `env-serve`, and `lock-model` and `env-model` before them where the model may be compiled.

    Versions stay from lock to lock: those that trained the model ask it, and those that it was proved with serve it.
    """
    inputs = {**served(deployment), **deployment.template}
    return [*compiling(deployment, spec), *_locked(deployment, "serve", inputs, _to_serve(deployment))]


def compiling(deployment: Deployment, spec: Input) -> list[AnyNode]:
    """`lock-model` and `env-model`, where the model may be compiled."""
    config, options, to_serve = deployment.config, deployment.config.serve.optimize, _to_serve(deployment)
    may = "may compile" if may_do_without(options) else "compiles"

    def to_optimize(spec: ModelSpec, template: Mapping[str, str]) -> Mapping[str, tuple[Requirement, ...]]:
        names = candidates(options, spec)
        further = {name: to_convert(config, spec, name, f"{may} it with {name}") for name in names}
        # a model that nothing compiles is served as it is, so that one environment does for both
        return {"": to_ask(config, spec), **further} if names else to_serve(spec, template)

    asked = {"spec": spec, **_trained(deployment), **deployment.template}
    return _locked(deployment, "model", asked, to_optimize) if deployment.optimizes else []


def served(deployment: Deployment) -> dict[str, Input]:
    """What a lock of the service is made from: the spec of what is served, and the lock before it as "before"."""
    proved: dict[str, Input] = {"before": Made(node="lock-model", folder=LOCKED)}
    return {"spec": deployment.served_spec, **(proved if deployment.optimizes else _trained(deployment))}


def wishes_of(deployment: Deployment, cas: Cas, trees: Mapping[str, Tree]) -> tuple[Wish, ...]:
    """What has to be installed to serve the model, for a node with the inputs of `served`."""
    return _asked(deployment, cas, trees, _to_serve(deployment))[0]


def before(cas: Cas, trees: Mapping[str, Tree]) -> str:
    """The text of the lock before."""
    return cas.text(trees["before"], "requirements.txt") if "before" in trees else ""


def _trained(deployment: Deployment) -> dict[str, Input]:
    maker = deployment.maker
    return {"before": Made(node=f"lock-{maker}", folder=LOCKED)} if maker else {}


def _to_serve(deployment: Deployment) -> Needs:
    return lambda spec, template: {"": project.requirements(deployment.config, spec, template)}


def _asked(deployment: Deployment, cas: Cas, trees: Mapping[str, Tree], needs: Needs) -> tuple[tuple[Wish, ...], str]:
    """What is wanted, and the lock whose versions it prefers."""
    spec = decode(ModelSpec, json.loads(cas.text(trees["spec"], "spec.json")))
    locked = before(cas, trees)
    found, versions = [], {pin.name: pin.version for pin in pins(locked)}
    spare = may_do_without(deployment.config.serve.optimize)
    for optimizer, each in needs(spec, deployment.template_modules(cas, trees)).items():
        found += [_wish(need, versions, optimizer, optimizer if spare else "") for need in each]
    return tuple(found), locked


def _locked(deployment: Deployment, name: str, inputs: Mapping[str, Input], needs: Needs) -> list[AnyNode]:
    """A lock of what the spec needs, with versions of the lock in the input "before", and what it locks, installed."""

    def ask(cas: Cas, trees: Mapping[str, Tree]) -> tuple[Wanted, str]:
        wishes, locked = _asked(deployment, cas, trees, needs)
        return deployment.wanted(wishes), locked

    return [deployment.lock(name, inputs, ask), deployment.installed(name)]


def _wish(need: Requirement, pinned: Mapping[str, str], optimizer: str, optional: str) -> Wish:
    version = pinned.get(canonicalize_name(need.name))
    text = f"{need.name}=={version}" if version and not need.specifier else f"{need.name}{need.specifier}"
    at = ("serve", "optimize") if optimizer else ("model", "path")
    field = ("serve", "requirements") if need.reason == "serve.requirements" else at
    return Wish(text=text, origin=need.reason, field=field, optional=optional)
