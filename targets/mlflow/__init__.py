"""The `mlflow` target: the compiled model as MLflow loads it, which is registered when it is published."""

from __future__ import annotations

from ...compiler.model_spec import Output
from ...compiler.node import AnyNode, Input, Made, Node, Work
from ...compiler.tree import Tree
from ..deployment import PROJECT, Deployment
from ..publishing import Publication, Published
from ..serving import probed
from .options import Options

__all__ = ["Options", "nodes", "provenance", "publish"]


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The folder that is to be logged; where it goes changes nothing in it."""
    optimized: dict[str, Input] = {"report": Made(node="optimize", folder="report")} if deployment.optimizes else {}

    def run(work: Work) -> Tree:
        # yaml takes longer to import than a build with nothing to do
        from .folder import folder, signature

        # What `pre` takes, and an array, have no columns that MLflow could check.
        spec = deployment.spec(work)
        free = deployment.config.serve.hooks or spec.container == "tensor"
        checked = None if free else signature(spec.inputs, _outputs(work, deployment), spec.params)
        return folder(
            cas=work.cas,
            project=work.inputs["project"],
            package=deployment.package,
            python=deployment.python,
            signature=checked,
            report=work.inputs.get("report", Tree()),
        )

    return [
        Node(
            name=name,
            inputs={
                "project": PROJECT,
                "spec": deployment.served_spec,
                "probe": Made(node="probe"),
                **optimized,
            },
            params={"package": deployment.package, "python": deployment.python},
            implementation=deployment.identity.tools("pyyaml"),
            run=run,
        )
    ]


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
