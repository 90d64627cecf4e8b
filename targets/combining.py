"""The nodes of a deployment of several models: those of each, and those that make one service of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ..compiler.cas import Cas
from ..compiler.lock.wanted import Wanted, Wish
from ..compiler.node import AnyNode, Input, Made, Node, Work
from ..compiler.tree import Tree
from ..schema.codec import encode
from ..schema.composed import feeds_of
from ..schema.config import Optimize
from ..schema.lockfile import Pin, pins, requirements_text
from . import environments, hooks, optimizing, project, serving
from .deployment import LOCKED, Deployment
from .modelling import MODEL, SPEC, model_nodes, sample_of, training
from .project import scored
from .project.part import Part
from .several import field_of, inputs_of, members, placed, seen, trees_of, under

Members = Mapping[str, Deployment]


def nodes(deployment: Deployment) -> list[AnyNode]:
    """From all models to the whole generated project."""
    each = members(deployment)
    return [
        *(under(node, name) for name, alone in each.items() for node in _own(alone)),
        _lock(deployment, each),
        deployment.installed("serve"),
        _generate(deployment, each),
        serving.openapi(deployment),
        _assemble(deployment, each),
    ]


def _own(alone: Deployment) -> list[AnyNode]:
    sample = sample_of(alone)
    return [
        *training(alone),
        *model_nodes(alone),
        *environments.compiling(alone, SPEC),
        *([optimizing.node(alone, MODEL, SPEC, sample)] if alone.optimizes else []),
        serving.loader(alone, SPEC),
        serving.probe(alone, MODEL, SPEC, sample),
        *hooks.nodes(alone),
    ]


def _lock(deployment: Deployment, each: Members) -> Node:
    """One lock of what all of them need: they share a process."""

    def ask(cas: Cas, trees: Mapping[str, Tree]) -> tuple[Wanted, str]:
        wishes: list[Wish] = []
        preferred: dict[str, Pin] = {}
        for name, alone in each.items():
            own = trees_of(trees, name)
            with placed(name):
                found = environments.wishes_of(alone, cas, own)
            wishes += [replace(wish, field=field_of(wish.field, name)) for wish in found]
            preferred |= {pin.name: pin for pin in pins(environments.before(cas, own)) if pin.name not in preferred}
        return deployment.wanted(tuple(wishes)), requirements_text(preferred.values())

    inputs = _labelled(each, {name: environments.served(alone) for name, alone in each.items()})
    return deployment.lock("serve", inputs, ask)


def _labelled(each: Members, inputs: Mapping[str, Mapping[str, Input]]) -> dict[str, Input]:
    return {label: given for name in each for label, given in inputs_of(inputs[name], name).items()}


def _generate(deployment: Deployment, each: Members) -> Node:
    config = replace(deployment.config, python=deployment.python)

    def run(work: Work) -> Tree:
        parts = {}
        for name, alone in each.items():
            own = seen(work, name)
            found, spec = serving.probed(own), alone.spec(own)
            with placed(name):
                alone.methods(spec)
            parts[name] = Part(
                spec=spec,
                outputs=found.outputs,
                config=alone.config,
                example=found.example,
                hooks=hooks.made(own),
                feeds=feeds_of(alone.config.inputs),
                closed=found.closed,
            )
        return project.compose(parts=parts, config=config, cas=work.cas)

    read: dict[str, dict[str, Input]] = {
        name: {"spec": alone.served_spec, "probe": Made(node="probe"), **hooks.inputs(alone)}
        for name, alone in each.items()
    }
    serve = json.dumps(encode(replace(config.serve, optimize=Optimize())), sort_keys=True)
    return Node(
        name="generate",
        inputs=_labelled(each, read),
        params={
            "name": config.name,
            "python": deployment.python,
            "serve": serve,
            **({"batch": " ".join(sorted(batch))} if (batch := scored.asked(config)) else {}),
            **{f"model {name}": _said(alone) for name, alone in each.items()},
        },
        implementation=deployment.identity.tools("libcst", "jinja2", "ruff"),
        run=run,
    )


def _said(alone: Deployment) -> str:
    """What deploy.yaml says of one model that shapes its code."""
    serve = alone.config.serve
    feeds = {column: said.from_ for column, said in alone.config.inputs.items() if said.from_}
    said = {"methods": serve.methods, "hooks": encode(serve.hooks), "published": alone.published, **alone.layout}
    said |= {"feeds": feeds} if feeds else {}
    return json.dumps(said, sort_keys=True)


def _assemble(deployment: Deployment, each: Members) -> Node:
    def run(work: Work) -> Tree:
        lock = work.cas.text(work.inputs["lock"], "requirements.txt")
        openapi = work.cas.text(work.inputs["openapi"], "openapi.json")
        found, modules = Tree(), deployment.modules_tree(work)
        for name in each:
            own = seen(work, name)
            found |= project.assemble(
                cas=work.cas,
                code=work.inputs["code"],
                model=own.inputs["model"],
                lock_text=lock,
                openapi=openapi,
                modules=modules,
                name=deployment.config.name,
                member=name,
                deployc=deployment.identity.version,
                compiled=optimizing.named(own),
            )
        return found

    original: dict[str, Input] = {"original": MODEL, "report": Made(node="optimize", folder="report")}
    read: dict[str, dict[str, Input]] = {
        name: {"model": alone.served_model, **(original if alone.optimizes else {})} for name, alone in each.items()
    }
    return Node(
        name="assemble",
        inputs={
            "code": Made(node="generate"),
            "lock": Made(node="lock-serve", folder=LOCKED),
            "openapi": Made(node="openapi"),
            **deployment.modules,
            **deployment.hook_files,
            **_labelled(each, read),
        },
        params={"name": deployment.config.name, **deployment.layout},
        implementation=deployment.identity.tools(),
        run=run,
    )
