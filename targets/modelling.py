"""The nodes that give a model and say what it is: training, what was trained in its canonical form, and its spec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from ..compiler import command
from ..compiler.formats.inspection import inspect
from ..compiler.formats.overrides import overridden
from ..compiler.formats.split import split
from ..compiler.lock.wanted import Wish
from ..compiler.node import AnyNode, Input, Made, Node, Work
from ..compiler.sources import registry
from ..compiler.sources.place import Place
from ..compiler.tree import Tree
from ..schema.codec import encode
from ..schema.config import Command, Config, Train
from .deployment import Deployment, allow_list

MODEL = Made(node="model", folder="model")
SPEC = Made(node="inspect")


def training(deployment: Deployment) -> list[AnyNode]:
    """`train` with its environment, where the model is still to be made."""
    model = deployment.config.model
    if not (model.train and model.path):
        return []
    made = {name: stage.outputs for name, stage in deployment.config.stages.items()}
    read = command.sources(tuple(dict.fromkeys([*model.train.inputs, *model.code])), made)
    return of_command(deployment, "train", model.train, (model.path,), ("model", "train"), read)


def of_command(
    deployment: Deployment,
    name: str,
    what: Command | Train,
    outputs: tuple[str, ...],
    field: tuple[str | int, ...],
    inputs: Mapping[str, Input],
) -> list[AnyNode]:
    """A command of the user's, with its environment."""
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


def model_nodes(deployment: Deployment) -> list[AnyNode]:
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
            inputs={"model": MODEL, **sample_of(deployment), **deployment.modules},
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
        file_name=deployment.file_name,
        offline=deployment.offline,
        moves="" in deployment.moves_models,
    )
    return registry.nodes(asked)


def sample_of(deployment: Deployment) -> dict[str, Input]:
    """The sample's rows as an input labelled "sample", where there are any."""
    sample = deployment.config.model.sample
    return {"sample": deployment.file(sample.path)} if sample else {}
