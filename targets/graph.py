"""The nodes of a deployment: from training to the targets and the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..compiler import command
from ..compiler.functions import code_of, functions
from ..compiler.model_spec import ModelSpec
from ..compiler.node import AnyNode, Files, Input, Made, Node, Work
from ..compiler.sources import registry
from ..compiler.tree import Tree
from ..schema.codec import decode, encode
from ..schema.config import Optimize
from ..schema.lockfile import Lockfile
from . import combining, environments, hooks, images, optimizing, project, serving
from .catalogs import CHECKS, TARGETS
from .deployment import LOCKED, Deployment, own_template, section_of
from .modelling import MODEL, SPEC, model_nodes, of_command, sample_of, training
from .project import scored
from .registry import bases
from .several import named


def graph(deployment: Deployment) -> list[AnyNode]:
    """Every node that the config asks for."""
    config = deployment.config
    nodes = [*_commands(deployment), *(combining.nodes(deployment) if config.models else _single(deployment))]
    for name, entry in config.targets.items():
        nodes += TARGETS.load(entry.kind).nodes(deployment, name, entry.options)
    for name, entry in config.tests.items():
        nodes += CHECKS.load(entry.kind).nodes(deployment, name, entry.options)
    return list({node.name: node for node in nodes}.values())


def outputs(deployment: Deployment, trees: Mapping[str, Tree]) -> Tree:
    """What is put out: a folder for each target, and the reports of the tests."""
    found = Tree()
    for name, entry in deployment.config.targets.items():
        if name in trees:
            # the provenance of a model that was saved again differs, so it enters no key: it joins only here
            place = TARGETS.load(entry.kind).provenance(deployment)
            found |= (trees[name] | (Tree() if place is None else _beside(deployment, place, trees))).at(name)
    for node in _nodes(deployment, "optimize"):
        found |= trees.get(node, Tree()).under("report").at(f"reports/{node}")
    for name in deployment.config.tests:
        found |= trees.get(name, Tree()).at(f"reports/{name}")
    return found


def _beside(deployment: Deployment, place: str, trees: Mapping[str, Tree]) -> Tree:
    """The provenance of what was trained, in the folder `place` of a target; of several models each below its name."""
    if not deployment.config.models:
        return _at(trees["model"].under("provenance"), place)
    found = Tree()
    for model in deployment.config.models:
        folder = f"{place}/{project.package_of(model)}"
        found |= _at(trees[named("model", model)].under("provenance"), folder)
    return found


def _at(tree: Tree, folder: str) -> Tree:
    return tree.at(folder.strip("/")) if folder.strip("/") else tree


def _nodes(deployment: Deployment, node: str) -> tuple[str, ...]:
    """The node of that name of each model."""
    return tuple(_of(node, model) for model in deployment.config.models or ("",))


def _of(node: str, model: str) -> str:
    return named(node, model) if model else node


def elsewhere(deployment: Deployment, trees: Mapping[str, Tree]) -> Mapping[str, Tree]:
    """What is put into folders of the user's own, by the folder's path from deploy.yaml."""
    found: dict[str, Tree] = {}
    for name, entry in deployment.config.targets.items():
        place = getattr(TARGETS.load(entry.kind), "elsewhere", None)
        if place and name in trees and (folder := place(entry.options)):
            found[folder] = found.get(folder, Tree()) | trees[name]
    return found


def remarks(deployment: Deployment, trees: Mapping[str, Tree]) -> tuple[str, ...]:
    """What the user should know of what was built, a sentence each."""
    cas = deployment.store.cas
    said = [
        f"{model}: {text}" if model else text
        for model in deployment.config.models or ("",)
        for text in _said_of(deployment, model, trees)
    ]
    made = {name: trees[name] for name in deployment.config.targets if images.FILE in trees.get(name, Tree())}
    told = [f"{name} is {images.told(cas, tree)}" for name, tree in made.items()]
    cars = {name: images.modelcar(cas, tree) for name, tree in made.items()}
    return (*said, *told, *(f"{name}/modelcar is {car}" for name, car in cars.items() if car))


def _said_of(deployment: Deployment, model: str, trees: Mapping[str, Tree]) -> Iterator[str]:
    """What was noticed as a model was read, and how it is served."""
    cas, read, compiled = deployment.store.cas, trees.get(_of("inspect", model)), trees.get(_of("optimize", model))
    if read:
        yield from decode(ModelSpec, json.loads(cas.text(read, "spec.json"))).notes
    if compiled:
        yield from optimizing.report_of(cas, compiled).told


def locked(deployment: Deployment, trees: Mapping[str, Tree]) -> Lockfile:
    """deploy.lock with what the lock nodes gave."""
    cas, before = deployment.store.cas, deployment.lockfile
    found = {name.removeprefix(bases.LOCK): tree for name, tree in trees.items() if name.startswith(bases.LOCK)}
    source = trees.get(registry.LOCK)
    sources = {name: trees[node] for name in deployment.config.models if (node := named(registry.LOCK, name)) in trees}
    others = (*(f"{bases.LOCK}{name}" for name in found), registry.LOCK, *(named(registry.LOCK, n) for n in sources))
    locks = {n.removeprefix("lock-"): t for n, t in trees.items() if n.startswith("lock-") and n not in others}
    return Lockfile(
        sections={**before.sections, **{name: section_of(cas, tree) for name, tree in locks.items()}},
        source=registry.source_of(cas, source) if source else before.source,
        sources={**before.sources, **{name: registry.source_of(cas, tree) for name, tree in sources.items()}},
        bases={**before.bases, **{name: bases.base_of(cas, tree) for name, tree in found.items()}},
    )


def _commands(deployment: Deployment) -> list[AnyNode]:
    """The user's own stages."""
    config = deployment.config
    made = {name: stage.outputs for name, stage in config.stages.items()}
    calls = functions(config.pipeline, deployment.root)
    nodes: list[AnyNode] = [calls.node(name, deployment.identity.tools("libcst")) for name in calls.by_stage]
    for name, stage in config.stages.items():
        others = {other: outputs for other, outputs in made.items() if other != name}
        code = code_of(name)  # the label too, since the others are names of stages, which this one cannot be
        called: dict[str, Input] = {code: Made(node=code)} if name in calls.by_stage else {}
        inputs = {**command.sources(stage.inputs, others), **called}
        nodes += of_command(deployment, name, stage, stage.outputs, ("stages", name), inputs)
    return nodes


def _single(deployment: Deployment) -> list[AnyNode]:
    """From the one model to the whole generated project."""
    sample = sample_of(deployment)
    return [
        *training(deployment),
        *model_nodes(deployment),
        *_template(deployment),
        *hooks.nodes(deployment),
        *environments.nodes(deployment, SPEC),
        *([optimizing.node(deployment, MODEL, SPEC, sample)] if deployment.optimizes else []),
        serving.loader(deployment, SPEC),
        serving.probe(deployment, MODEL, SPEC, sample),
        serving.openapi(deployment),
        _generate(deployment),
        _assemble(deployment),
    ]


def _template(deployment: Deployment) -> list[AnyNode]:
    """The user's own template in the store, where a lock node can read it."""
    folder = own_template(deployment.config)
    files = Files(globs=(f"{folder}/*.py",))
    return [Node(name="template", inputs={"": files}, run=lambda work: work.inputs[""])] if folder else []


def _generate(deployment: Deployment) -> Node:
    config = replace(deployment.config, python=deployment.python)

    def run(work: Work) -> Tree:
        found, spec = serving.probed(work), deployment.spec(work)
        deployment.methods(spec)
        return project.generate(
            spec=spec,
            outputs=found.outputs,
            config=config,
            cas=work.cas,
            template=deployment.template_modules(work.cas, work.inputs),
            example=found.example,
            hooks=hooks.made(work),
            closed=found.closed,
        )

    # how the model may be optimised decides over its spec, and over nothing else here
    serve = json.dumps(encode(replace(config.serve, optimize=Optimize())), sort_keys=True)
    return Node(
        name="generate",
        inputs={
            "spec": deployment.served_spec,
            "probe": Made(node="probe"),
            **deployment.template,
            **hooks.inputs(deployment),
        },
        params={
            "name": config.name,
            "python": deployment.python,
            "serve": serve,
            **({"sample": "published"} if deployment.published else {}),
            **({"batch": " ".join(sorted(batch))} if (batch := scored.asked(config)) else {}),
            **deployment.layout,
        },
        implementation=deployment.identity.tools("libcst", "jinja2", "ruff"),
        run=run,
    )


def _assemble(deployment: Deployment) -> Node:
    def run(work: Work) -> Tree:
        return project.assemble(
            cas=work.cas,
            code=work.inputs["code"],
            model=work.inputs["model"],
            lock_text=work.cas.text(work.inputs["lock"], "requirements.txt"),
            openapi=work.cas.text(work.inputs["openapi"], "openapi.json"),
            modules=deployment.modules_tree(work),
            name=deployment.config.name,
            deployc=deployment.identity.version,
            compiled=optimizing.named(work),
        )

    return Node(
        name="assemble",
        inputs={
            "code": Made(node="generate"),
            "model": deployment.served_model,
            "lock": Made(node="lock-serve", folder=LOCKED),
            "openapi": Made(node="openapi"),
            **({"original": MODEL, "report": Made(node="optimize", folder="report")} if deployment.optimizes else {}),
            **deployment.modules,
            **deployment.hook_files,
        },
        params={"name": deployment.config.name, **deployment.layout},
        implementation=deployment.identity.tools(),
        run=run,
    )
