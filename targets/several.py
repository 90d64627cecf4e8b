"""Several models of one deployment: each is planned as if it were the only one, under names of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ..compiler.node import AnyNode, Environment, Input, Made, Work
from ..compiler.sources import registry
from ..compiler.tree import Tree
from ..schema.config import Config
from ..schema.diagnostics import Field, UserError
from .deployment import Deployment

T = TypeVar("T")

OWN = frozenset({"train", "model", "inspect", "loader", "probe", "optimize", "hooks"})
OWN |= frozenset({"lock-train", "env-train", "lock-model", "env-model", registry.LOCK, registry.SOURCE})
"""Nodes that each of the models has; all of them share the others."""


def members(deployment: Deployment) -> Mapping[str, Deployment]:
    """By name, the deployment that would have each model alone."""
    return {name: _alone(deployment, name) for name in deployment.config.models}


def named(node: str, model: str) -> str:
    """What such a node of a model is called."""
    return f"{node}-{model}" if node in OWN else node


def input_of(given: Input, model: str) -> Input:
    """What a deployment of this model alone reads."""
    return replace(given, node=named(given.node, model)) if isinstance(given, Made) else given


def inputs_of(given: Mapping[str, Input], model: str) -> dict[str, Input]:
    """The same under labels by which `seen` knows them, for a node that reads those of several models."""
    return {f"{model}/{label}": input_of(each, model) for label, each in given.items()}


def trees_of(trees: Mapping[str, Tree], model: str) -> dict[str, Tree]:
    """What a node was given under such labels, by the labels that it would have of one model alone."""
    return {label.removeprefix(f"{model}/"): tree for label, tree in trees.items() if label.startswith(f"{model}/")}


def seen(work: Work, model: str) -> Work:
    """What a node of several models was given, as one of this model alone would see it."""
    return replace(work, inputs=trees_of(work.inputs, model), pythons=_pythons(work, model))


def under(node: AnyNode, model: str) -> AnyNode:
    """A node of a deployment of this model alone, in the plan of all of them."""
    inputs = {label: input_of(each, model) for label, each in node.inputs.items()}
    if isinstance(node, Environment):
        return replace(node, name=named(node.name, model), inputs=inputs, realise=_placing(node.realise, model))

    def run(work: Work) -> Tree:
        return node.run(replace(work, pythons=_pythons(work, model)))

    return replace(
        node,
        name=named(node.name, model),
        inputs=inputs,
        environments=tuple(named(each, model) for each in node.environments),
        after=tuple(named(each, model) for each in node.after),
        run=_placing(run, model),
    )


@contextmanager
def placed(model: str) -> Iterator[None]:
    """Mistakes that are found in a model's own deployment, at the fields of deploy.yaml that they come from."""
    try:
        yield
    except UserError as error:
        moved = (replace(d, field=field_of(d.field, model)) for d in error.diagnostics)
        raise UserError(*moved) from None


def field_of(field: Field | None, model: str) -> Field | None:
    """Where deploy.yaml has what a deployment of this model alone would have at `field`."""
    match field:
        case ("model", *rest):
            return ("models", model, *rest)
        case ("inputs", *rest):
            return ("models", model, "inputs", *rest)
        case ("serve", "methods" | "hooks" as key, *rest):
            return ("models", model, key, *rest)
    return field


def _placing(run: Callable[[Work], T], model: str) -> Callable[[Work], T]:
    def placing(work: Work) -> T:
        with placed(model):
            return run(work)

    return placing


def _pythons(work: Work, model: str) -> dict[str, Path]:
    return {**work.pythons, **{own: work.pythons[name] for own in OWN if (name := named(own, model)) in work.pythons}}


def _alone(deployment: Deployment, name: str) -> Deployment:
    config, lockfile = deployment.config, deployment.lockfile
    sections = {section.removesuffix(f"-{name}"): each for section, each in lockfile.sections.items()}
    return replace(
        deployment,
        config=_config(config, name),
        lockfile=replace(lockfile, sections=sections, source=lockfile.sources.get(name)),
        moves_models=frozenset({""} if name in deployment.moves_models else ()),
    )


def _config(config: Config, name: str) -> Config:
    member = config.models[name]
    return replace(
        config,
        model=member.model,
        models={},
        serve=replace(config.serve, methods=member.methods, hooks=member.hooks),
        inputs=member.inputs,
        targets={target: e for target, e in config.targets.items() if e.kind in ("batch", "mlflow")},
        tests={test: e for test, e in config.tests.items() if getattr(e.options, "model", None) == name},
    )
