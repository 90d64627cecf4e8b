"""The `bundle` target: one file from which the service is installed, or its image loaded, without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from ..compiler.lock import wheels
from ..compiler.node import AnyNode, Input, Made, Node, Work
from ..compiler.tree import Entry, Tree
from ..schema.config import Config, Name
from ..schema.constraints import Doc
from ..schema.diagnostics import Diagnostic
from . import images, wheel
from .deployment import LOCKED, PROJECT, Deployment
from .oci import layers
from .tarball import stored

WHEELS, SUMS = "wheels", "SHA256SUMS"
SEVERAL = True
"""It can be made of several models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One file that installs the service on a machine without a network."""

    image: Annotated[Name | None, Doc("The image target whose image is in it too; by default none.")] = None


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The wheels that the lock names, and the archive of all that is needed."""
    return [_wheels(deployment, name), _bundle(deployment, name, options)]


def shaping(options: Options) -> Mapping[str, object]:
    """Options that change the file, which is the same in every environment."""
    return {"image": options.image}


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs."""
    return ""


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    if options.image is not None:
        yield from images.check(config, options.image, ("targets", name, "image"))
        yield from images.without_model(config, options.image, ("targets", name, "image"))
    if config.lock.indexes:
        text = "a bundle cannot be made of packages from `lock.indexes`"
        hint = "its wheels are fetched by pip, which cannot keep a package to one index"
        yield Diagnostic(code="bundle-index", message=text, field=("targets", name), help=hint)


def _wheels(deployment: Deployment, name: str) -> Node:
    def run(work: Work) -> Tree:
        folder, scratch = work.folder / WHEELS, work.folder / "scratch"
        folder.mkdir()
        scratch.mkdir()
        wheels.download(
            work.cas.text(work.inputs["lock"], "requirements.txt"),
            folder,
            interpreter=deployment.interpreter,
            uv=deployment.uv(work),
            cache=deployment.store.environments,
            scratch=scratch,
            field=("targets", name),
        )
        return work.cas.put_folder(folder)

    return Node(
        name=f"{name}/wheels",
        inputs={"lock": Made(node="lock-serve", folder=LOCKED)},
        implementation=(*wheels.versions(), f"interpreter {deployment.python_text}"),
        run=run,
    )


def _bundle(deployment: Deployment, name: str, options: Options) -> Node:
    config = replace(deployment.config, python=deployment.python)
    image: dict[str, Input] = {"image": Made(node=options.image)} if options.image else {}

    def run(work: Work) -> Tree:
        return build(work, config)

    return Node(
        name=name,
        inputs={"project": PROJECT, "wheels": Made(node=f"{name}/wheels"), **image},
        params={"name": config.name, "python": config.python},
        implementation=deployment.identity.tools("jinja2"),
        run=run,
    )


def build(work: Work, config: Config) -> Tree:
    """A tree of one archive, of the inputs "project", "wheels" and, where there is one, "image" (an OCI layout)."""
    cas, project = work.cas, work.inputs["project"]
    own = wheel.build(cas=cas, project=project, config=config, folder=work.folder)
    held = own | work.inputs["wheels"].at(WHEELS) | Tree((project["requirements.lock"],))
    held |= work.inputs.get("image", Tree()).at("image")
    [service] = own
    held |= cas.put_texts({"install.sh": _script(config, service.path), SUMS: _sums(held)})
    folder = f"{config.name}-bundle"
    digest, size = stored(cas, layers.members(cas, held, folder))
    return Tree.of([Entry(path=f"{folder}.tar", digest=digest, size=size)])


def _script(config: Config, service: str) -> str:
    from .project.names import Names
    from .project.rendering import texts

    command = Names.of(config.name).command
    return (
        texts()
        .get_template("install.sh.j2")
        .render(name=config.name, python=config.python, wheel=service, command=command)
    )


def _sums(held: Tree) -> str:
    """What `sha256sum --check` reads."""
    entries: list[Entry] = sorted(held)
    return "".join(f"{entry.digest}  {entry.path}\n" for entry in entries)
