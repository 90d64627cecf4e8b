"""The `project` target: a standalone folder with the service's typed code, its model, lock, documentation and tests."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...compiler.cas import Cas
from ...compiler.hooks.contract import Hooks
from ...compiler.model_spec import Label, ModelSpec, Output, Requirement
from ...compiler.node import AnyNode, Node
from ...compiler.tree import Tree
from ...schema.config import Config
from ...schema.constraints import HERE
from ...schema.diagnostics import fail
from ..deployment import PROJECT, Deployment
from .part import Part

# The modules behind these functions import libcst and jinja2, which take longer than a build with nothing to do.


SEVERAL = True
"""It can be made of several models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What deploy.yaml may say below `targets: {project: ...}`: nothing yet."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The assembled project as it is."""
    return [Node(name=name, inputs={"project": PROJECT}, run=lambda work: work.inputs["project"])]


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs."""
    return f"src/{deployment.package}"


def generate(
    *,
    spec: ModelSpec,
    outputs: tuple[Output, ...],
    config: Config,
    cas: Cas,
    template: Mapping[str, str] | None = None,
    example: Mapping[str, object] | None = None,
    hooks: Hooks | None = None,
    closed: Mapping[str, tuple[Label | None, ...]] | None = None,
) -> Tree:
    """The project without model, lock and OpenAPI document; UserError when the model cannot be served as asked.

    `template` holds the modules of a template of the user's own, for which the config names its folder. `example` is a
    row that the model is known to take; by default one is synthesised from the signature. A config that names no Python
    means the one that runs deployc. `hooks` is what was read of the user's own functions, which `check_hooks` let pass;
    `closed` holds the only values that the model takes in some of its columns.
    """
    from .catalog import chosen
    from .generation import generate as run

    framework = chosen(config.serve.framework, template)
    settled = config if config.python else replace(config, python=".".join(map(str, sys.version_info[:2])))
    return run(
        spec=spec,
        outputs=outputs,
        config=settled,
        framework=framework,
        cas=cas,
        example=example,
        hooks=hooks,
        closed=closed,
    )


def check_hooks(hooks: Hooks, spec: ModelSpec, outputs: tuple[Output, ...], config: Config) -> None:
    """UserError where the user's functions do not fit the model, at their lines."""
    from .hooked import check_hooks as run
    from .offered import offered

    run(hooks, spec.inputs, tuple(output.method for output in offered(outputs, config)))


def compose(*, parts: Mapping[str, Part], config: Config, cas: Cas) -> Tree:
    """The project of a service of several models, by name, without these, the lock and the OpenAPI document.

    UserError when one of them cannot be served as asked; what it says of `model` is of that one.
    """
    from .catalog import chosen
    from .composing import compose as run

    return run(parts, config, chosen(config.serve.framework), cas)


def package_of(model: str) -> str:
    """The package of one of several models, below that of the service."""
    from .names import package_of as run

    return run(model)


def boundary(spec: ModelSpec, outputs: tuple[Output, ...], config: Config) -> Mapping[str, str]:
    """What stands between typed rows and the model, by file name: the project's own modules, but for their layout."""
    from .generation import boundary as run

    return run(spec, outputs, config)


def assemble(
    *,
    cas: Cas,
    code: Tree,
    model: Tree,
    lock_text: str,
    openapi: str,
    modules: Tree,
    name: str,
    deployc: str,
    compiled: Mapping[str, str] | None = None,
    member: str = "",
) -> Tree:
    """The whole project. `modules` is the user's own code as it lies below src/; `deployc` is our version.

    `compiled` says of a compiled model `by` what it was, and the digests of its `proof` and of the `original`. Of a
    service of several models, `member` is the name of the one that is put in its place.
    """
    from .assembly import assemble as run
    from .names import Names

    package = "/".join((Names.of(name).package, *([package_of(member)] if member else [])))
    return run(
        cas=cas,
        code=code,
        model=model,
        lock_text=lock_text,
        openapi=openapi,
        modules=modules,
        package=package,
        deployc=deployc,
        compiled=compiled,
    )


def template_source(framework: str) -> str:
    """The file of one of the catalog's frameworks, as a template that lies in a folder of the user's; UserError
    `template-contract` where the config names such a folder already.
    """
    from .generation import template_source as run

    if framework.startswith(HERE):
        text = f"the service is made from a template of your own already: {framework}"
        raise fail("template-contract", text, field=("serve", "framework"), help="edit it there")
    return run(framework)


def openapi_command(name: str) -> str:
    """Python code that prints the OpenAPI document; it runs in the serving environment with src/ on its path."""
    from .names import Names

    return f"import sys; from {Names.of(name).package}.openapi import text; sys.stdout.buffer.write(text().encode())"


def requirements(config: Config, spec: ModelSpec, template: Mapping[str, str] | None = None) -> tuple[Requirement, ...]:
    """All that the service needs, each with its reason; name and specifier in one are a line as in PEP 508."""
    from .catalog import chosen
    from .needs import requirements as run

    return run(config, spec, chosen(config.serve.framework, template))
