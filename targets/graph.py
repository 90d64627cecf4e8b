"""The nodes of a deployment: from training to the targets and the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ..compiler import command
from ..compiler.formats.inspection import inspect
from ..compiler.formats.overrides import overridden
from ..compiler.formats.split import split
from ..compiler.functions import code_of, functions
from ..compiler.lock.wanted import Wish
from ..compiler.node import AnyNode, Files, Input, Made, Node, Work
from ..compiler.sources import registry
from ..compiler.sources.place import Place
from ..compiler.tree import Tree
from ..schema.codec import encode
from ..schema.config import Command, Config, Optimize, Train
from ..schema.lockfile import Lockfile
from . import environments, images, optimizing, project, serving
from .catalogs import CHECKS, TARGETS
from .deployment import LOCKED, Deployment, allow_list, own_template, section_of
from .project import scored
from .registry import bases

MODEL = Made(node="model", folder="model")
SPEC = Made(node="inspect")


def graph(deployment: Deployment) -> list[AnyNode]:
    """Every node that the config asks for."""
    config = deployment.config
    nodes = [*_commands(deployment), *_model(deployment), *_service(deployment)]
    for name, entry in config.targets.items():
        nodes += TARGETS.load(entry.kind).nodes(deployment, name, entry.options)
    for name, entry in config.tests.items():
        nodes += CHECKS.load(entry.kind).nodes(deployment, name, entry.options)
    return list({node.name: node for node in nodes}.values())


def differing(one: Deployment, other: Deployment) -> tuple[str, ...]:
    """Nodes that both have and that are neither a target nor a test, but would be made in another way."""
    before, own = {node.name: node for node in graph(one)}, {*other.config.targets, *other.config.tests}
    return tuple(
        node.name
        for node in graph(other)
        if node.name in before and node.name not in own and _made_of(node) != _made_of(before[node.name])
    )


def _made_of(node: AnyNode) -> tuple[object, ...]:
    return node.inputs, node.params, node.implementation, node.environments


def outputs(deployment: Deployment, trees: Mapping[str, Tree]) -> Tree:
    """What is put out: a folder for each target, and the reports of the tests."""
    found = Tree()
    for name, entry in deployment.config.targets.items():
        if name in trees:
            # the provenance of a model that was saved again differs, so it enters no key: it joins only here
            place = TARGETS.load(entry.kind).provenance(deployment)
            beside = Tree() if place is None else trees["model"].under("provenance")
            found |= (trees[name] | (beside.at(place.strip("/")) if place else beside)).at(name)
    if "optimize" in trees:
        found |= trees["optimize"].under("report").at("reports/optimize")
    for name in deployment.config.tests:
        found |= trees.get(name, Tree()).at(f"reports/{name}")
    return found


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
    optimized = optimizing.report_of(cas, trees["optimize"]).told if "optimize" in trees else ()
    made = {name: trees[name] for name in deployment.config.targets if images.FILE in trees.get(name, Tree())}
    return (*optimized, *(f"{name} is {images.told(cas, tree)}" for name, tree in made.items()))


def locked(deployment: Deployment, trees: Mapping[str, Tree]) -> Lockfile:
    """deploy.lock with what the lock nodes gave."""
    cas, before = deployment.store.cas, deployment.lockfile
    found = {name.removeprefix(bases.LOCK): tree for name, tree in trees.items() if name.startswith(bases.LOCK)}
    source = trees.get(registry.LOCK)
    others = (*(f"{bases.LOCK}{name}" for name in found), registry.LOCK)
    locks = {n.removeprefix("lock-"): t for n, t in trees.items() if n.startswith("lock-") and n not in others}
    return Lockfile(
        sections={**before.sections, **{name: section_of(cas, tree) for name, tree in locks.items()}},
        source=registry.source_of(cas, source) if source else before.source,
        bases={**before.bases, **{name: bases.base_of(cas, tree) for name, tree in found.items()}},
    )


def _commands(deployment: Deployment) -> list[AnyNode]:
    """The user's own stages, and training."""
    config = deployment.config
    made = {name: stage.outputs for name, stage in config.stages.items()}
    calls = functions(config.pipeline, deployment.root)
    nodes: list[AnyNode] = [calls.node(name, deployment.identity.tools("libcst")) for name in calls.by_stage]
    for name, stage in config.stages.items():
        others = {other: outputs for other, outputs in made.items() if other != name}
        code = code_of(name)  # the label too, since the others are names of stages, which this one cannot be
        called: dict[str, Input] = {code: Made(node=code)} if name in calls.by_stage else {}
        inputs = {**command.sources(stage.inputs, others), **called}
        nodes += _command(deployment, name, stage, stage.outputs, ("stages", name), inputs)
    if (train := config.model.train) and config.model.path:
        read = command.sources(tuple(dict.fromkeys([*train.inputs, *config.model.code])), made)
        nodes += _command(deployment, "train", train, (config.model.path,), ("model", "train"), read)
    return nodes


def _command(
    deployment: Deployment,
    name: str,
    what: Command | Train,
    outputs: tuple[str, ...],
    field: tuple[str | int, ...],
    inputs: Mapping[str, Input],
) -> list[AnyNode]:
    place = command.Place(field=field, root=deployment.root, cache=deployment.store.root, environ=deployment.environ)
    wishes = tuple(
        Wish(text=text, origin=".".join(map(str, field)), field=(*field, "requirements", number))
        for number, text in enumerate(what.requirements)
    )
    node = command.node(
        name,
        what,
        outputs=tuple(output.rstrip("/") for output in outputs),
        inputs=inputs,
        environment=f"env-{name}",
        interpreter=deployment.python_text,
        place=place,
    )
    return [*deployment.environment(name, wishes), node]


def _model(deployment: Deployment) -> list[AnyNode]:
    """`model` splits what was trained into its canonical form and its provenance; `inspect` reads what it is."""
    config, tools = deployment.config, deployment.identity.tools()
    path = (config.model.path or "").rstrip("/")

    def read(work: Work) -> Tree:
        tree = work.inputs["source"]
        model = Tree((tree[path],)).renamed(path.rpartition("/")[2]) if path in tree else tree.under(path)
        known = json.loads(work.cas.text(work.inputs["facts"], "facts.json")) if config.model.uri else {}
        canonical, provenance = split(work.cas, model if path else tree, known)
        return canonical.at("model") | provenance.at("provenance")

    def look(work: Work) -> Tree:
        spec = inspect(
            work.cas,
            work.inputs["model"],
            sample=deployment.rows(work, "sample", config.model.sample.path) if config.model.sample else None,
            allowed=allow_list(deployment.allowed),
            code=deployment.code(work),
        )
        spec = replace(spec, inputs=overridden(spec.inputs, config.inputs))
        return work.cas.put_texts({"spec.json": json.dumps(encode(spec), indent=1) + "\n"})

    return [
        *_registry(deployment),
        Node(name="model", inputs=_source(deployment), params={"path": path}, implementation=tools, run=read),
        Node(
            name="inspect",
            inputs={"model": MODEL, **_sample(deployment), **deployment.modules},
            params={"allowed": " ".join(deployment.allowed), **_inputs(config), **deployment.layout},
            implementation=tools,
            run=look,
        ),
    ]


def _inputs(config: Config) -> dict[str, str]:
    """The parameter of what deploy.yaml says of columns, where it says something."""
    return {"inputs": json.dumps(encode(config.inputs), sort_keys=True)} if config.inputs else {}


def _source(deployment: Deployment) -> dict[str, Input]:
    """The model's files as the input "source"; of MLflow's, also what it knows of them, as "facts"."""
    model = deployment.config.model
    if model.uri:
        return {"source": registry.FILES, "facts": registry.FACTS}
    return {"source": Made(node="train") if model.train else deployment.file(model.path or "")}


def _registry(deployment: Deployment) -> list[Node]:
    model = deployment.config.model
    if model.uri is None:
        return []
    place = Place(tracking_uri=model.tracking_uri, root=deployment.root, environ=deployment.environ)
    asked = registry.Asked(
        uri=model.uri,
        place=place,
        previous=deployment.lockfile.source,
        locked=deployment.locked,
        offline=deployment.offline,
        moves=deployment.moves_model,
    )
    return registry.nodes(asked)


def _service(deployment: Deployment) -> list[AnyNode]:
    """From the spec to the whole generated project."""
    return [
        *_template(deployment),
        *environments.nodes(deployment, SPEC),
        *([optimizing.node(deployment, MODEL, SPEC, _sample(deployment))] if deployment.optimizes else []),
        *serving.nodes(deployment, MODEL, SPEC, _sample(deployment)),
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
            hooks=deployment.hooks(work),
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
            **deployment.hook_files,
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


def _sample(deployment: Deployment) -> dict[str, Input]:
    """The sample's rows as an input labelled "sample", where there are any."""
    sample = deployment.config.model.sample
    return {"sample": deployment.file(sample.path)} if sample else {}
