"""The `docker` target: a folder that `docker build` makes an image of, without deployc."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..compiler.node import AnyNode, Node, Work
from ..compiler.tree import Tree
from ..schema.codec import encode
from ..schema.config import Config
from ..schema.constraints import Doc, Maximum, Minimum, Pattern
from ..schema.diagnostics import fail
from . import images
from .deployment import PROJECT, Deployment
from .engine.loading import Described, Loaded, Loading
from .publishing import Publication, Published
from .registry.layout import Layout
from .wheel import pins

# The modules behind jinja2 and docker take longer to import than a build with nothing to do.

_REPOSITORY = r"([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
_TAG = r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
Base = Annotated[
    str,
    Pattern(rf"{_REPOSITORY}{_TAG}(@sha256:[0-9a-f]{{64}})?", "an image, such as python:3.12-slim or NAME@sha256:..."),
]
Tag = Annotated[str, Pattern(_REPOSITORY + _TAG, "an image's name, such as churn or registry.example.com/churn:1.2")]
Container = Annotated[str, Pattern(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", "a container's name: letters, digits, _, . and -")]
Package = Annotated[
    str, Pattern(r"[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+~:-]+)?", "a Debian package, such as libgomp1 or libgomp1=VERSION")
]
Label = Annotated[str, Pattern(r"[a-z0-9]+([.-][a-z0-9]+)*", "a label's key, such as org.opencontainers.image.source")]
LabelText = Annotated[str, Pattern(r'[^\x00-\x1f"\\$]*', 'text without ", \\, $ and line breaks')]


INDEXES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
"""Environment variables that the Dockerfile takes as arguments."""


SEVERAL = True
"""It can be made of several models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the image is built on and what it is told, and how it is called."""

    tag: Annotated[Tag | None, Doc("Name of the image, with a tag if there is to be one; by default `name`.")] = None
    base: Annotated[Base | None, Doc("Image to build on, with Python 3; by default python:X.Y-slim.")] = None
    packages: Annotated[tuple[Package, ...], Doc("Debian packages to add to the base.")] = ()
    labels: Annotated[Mapping[Label, LabelText], Doc("Labels of the image.")] = field(default_factory=dict)
    port: Annotated[int | None, Minimum(1), Maximum(65535), Doc("Port in the container; by default serve.port.")] = None
    workers: Annotated[
        int | None, Minimum(1), Maximum(1024), Doc("Processes in the container; by default serve.workers.")
    ] = None
    container: Annotated[Container | None, Doc("What `deployc run` calls the container; by default `name`.")] = None
    remove: Annotated[bool, Doc("Remove that container when it has ended.")] = True
    network: Annotated[Literal["default", "host", "none"], Doc("Network of the commands that build the image.")] = (
        "default"
    )


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The build context: what the image takes of the project, its Dockerfiles, and nothing else."""
    config = deployment.config
    params = {
        "base": options.base or "",
        "packages": " ".join(options.packages),
        "labels": json.dumps(encode(options.labels), sort_keys=True),
        "port": str(options.port or config.serve.port),
        "workers": str(options.workers or ""),
        "indexes": " ".join(index.url for index in config.lock.indexes.values()),
    }

    def run(work: Work) -> Tree:
        return context(work, deployment, options)

    return [
        Node(
            name=name,
            inputs={"project": PROJECT},
            params={"name": config.name, "python": deployment.python, **params},
            implementation=deployment.identity.tools("jinja2"),
            run=run,
        )
    ]


def shaping(options: Options) -> Mapping[str, object]:
    """Options that change the image, which is the same in every environment."""
    return {name: getattr(options, name) for name in ("base", "packages", "labels", "port", "workers")}


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs."""
    return f"src/{deployment.package}"


def described(config: Config, options: Options) -> Described:
    """What the image is called where it is built, and where it listens."""
    network = "" if options.network == "default" else options.network
    return Described(
        tag=options.tag or config.name, port=options.port or config.serve.port, builds=True, network=network
    )


def loaded(loading: Loading) -> Loaded:
    """Build the emitted folder in the engine."""
    from .engine.building import Build, built

    options, config = loading.options, loading.deployment.config
    assert isinstance(options, Options)
    about = described(config, options)
    build = Build(
        context=loading.folder(),
        tag=about.tag if loading.tagged else "",
        network=about.network or None,
        arguments={name: value for name, value in loading.deployment.environ.items() if name in INDEXES},
        field=("targets", loading.name),
    )
    return Loaded(
        image=built(loading.engine, build, loading.say),
        tag=about.tag,
        port=about.port,
        container=options.container or config.name,
        remove=options.remove,
    )


def publishes(options: Options) -> bool:
    """Whether the image has a name in a registry."""
    return "/" in (options.tag or "")


def publish(publication: Publication) -> Published:
    """Build the emitted folder and push the image from the engine, under its `tag`."""
    from .engine.connecting import connected
    from .engine.pushing import pushed

    field, options = ("targets", publication.name), publication.options
    assert isinstance(options, Options)
    if not publishes(options):
        hint = "such as `tag: registry.example.com/churn:1`"
        raise fail("not-publishable", "the image has no name in a registry", field=field, help=hint)
    with connected(publication.environ, field) as engine:
        image = loaded(
            Loading(
                engine=engine,
                deployment=publication.deployment,
                name=publication.name,
                options=options,
                folder=lambda: publication.folder,
                layout=lambda: Layout.of_folder(publication.folder),
                tagged=True,
                say=publication.say,
            )
        )
        return Published((f"{image.tag} {pushed(engine, image.tag, field, publication.say)}",))


def context(work: Work, deployment: Deployment, options: Options) -> Tree:
    """What is built from, of the assembled project in the input "project"."""
    from .project import dockerfile
    from .project.names import Names

    project, names = work.inputs["project"], Names.of(deployment.config.name)
    recipe = dockerfile.Recipe(
        base=options.base or images.default_base(deployment.python),
        port=options.port or deployment.config.serve.port,
        workers=options.workers,
        packages=tuple(dict.fromkeys((*dockerfile.system_packages(_locked(work)), *options.packages))),
        indexes=tuple(index.url for index in deployment.config.lock.indexes.values()),
        labels={"org.opencontainers.image.title": names.name, **options.labels},
    )
    layout = dockerfile.Layout.of(project, names.package)
    texts = {
        "Dockerfile": dockerfile.dockerfile(recipe, layout, names),
        "Dockerfile.buildkit": dockerfile.dockerfile(recipe, layout, names, buildkit=True),
    }
    kept = Tree.of(e for e in project if e.path in ("requirements.lock", ".dockerignore"))
    return kept | project.under("src").at("src") | work.cas.put_texts(texts)


def _locked(work: Work) -> list[str]:
    """The distributions that requirements.lock pins."""
    lines = pins(work.cas.text(work.inputs["project"], "requirements.lock"))
    return [canonicalize_name(Requirement(line).name) for line in lines]
