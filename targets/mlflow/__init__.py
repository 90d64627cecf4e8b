"""The `mlflow` target: the compiled model as MLflow loads it, which is registered when it is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...compiler.model_spec import Output
from ...compiler.node import AnyNode, Input, Made, Node, Work
from ...compiler.tree import Tree
from ...schema.composed import feeds_of
from ...schema.config import Config
from ...schema.diagnostics import Diagnostic, Field
from ..deployment import PROJECT, Deployment
from ..project import package_of
from ..publishing import Publication, Published
from ..serving import probed
from ..several import inputs_of, members, seen
from .options import Options, called

__all__ = ["SEVERAL", "Options", "check", "nodes", "provenance", "publish"]


SEVERAL = True
"""It can be made of several models, each in a folder of its package's name."""


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options."""
    if config.models and options.registered_model:
        text = "`registered_model` is the name of one model, and these are several"
        field: Field = ("targets", name, "registered_model")
        hint = f"take it out: they are called {', '.join(called(config.name, model) for model in config.models)}"
        yield Diagnostic(code="conflicting-keys", message=text, field=field, help=hint)
    for model in (model for model, member in config.models.items() if feeds_of(member.inputs)):
        text = f"`{model}` takes what another model answers, which MLflow would not ask"
        yield Diagnostic(code="conflicting-keys", message=text, field=("targets", name), help="take one of them out")


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The folder that is to be logged, of several models one for each; where it goes changes nothing in it."""
    each = members(deployment)

    def run(work: Work) -> Tree:
        project = work.inputs["project"]
        found = Tree() if each else _folder(work, deployment, project, deployment.package)
        for model, alone in each.items():
            # all of the project, since a process has one package of its name, whichever model it loads first
            package = f"{deployment.package}.{package_of(model)}"
            found |= _folder(seen(work, model), alone, project, package).at(package_of(model))
        return found

    labelled = {k: v for model, alone in each.items() for k, v in inputs_of(_inputs(alone), model).items()}
    return [
        Node(
            name=name,
            inputs={"project": PROJECT, **(labelled or _inputs(deployment))},
            params={"package": deployment.package, "python": deployment.python},
            implementation=deployment.identity.tools("pyyaml"),
            run=run,
        )
    ]


def _inputs(deployment: Deployment) -> Mapping[str, Input]:
    """What is known of a model."""
    optimized: dict[str, Input] = {"report": Made(node="optimize", folder="report")} if deployment.optimizes else {}
    return {"spec": deployment.served_spec, "probe": Made(node="probe"), **optimized}


def _folder(work: Work, deployment: Deployment, project: Tree, package: str) -> Tree:
    """The folder of the one model of a deployment, which `package` asks."""
    # yaml takes longer to import than a build with nothing to do
    from .folder import folder, signature

    # What `pre` takes, and an array, have no columns that MLflow could check.
    spec = deployment.spec(work)
    free = deployment.config.serve.hooks or spec.container == "tensor"
    return folder(
        cas=work.cas,
        project=project,
        package=package,
        python=deployment.python,
        signature=None if free else signature(spec.inputs, _outputs(work, deployment), spec.params),
        report=work.inputs.get("report", Tree()),
    )


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs."""
    return ""


def publish(publication: Publication) -> Published:
    """Log the folder to a run, and register it as a version; UserError says what MLflow refuses."""
    from .registering import register

    return register(publication)


def _outputs(work: Work, deployment: Deployment) -> list[Output]:
    """What the served methods answer, in their order."""
    outputs = {output.method: output for output in probed(work).outputs}
    return [outputs[method] for method in deployment.methods(deployment.spec(work)) if method in outputs]
