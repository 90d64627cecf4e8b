"""The `kserve` target: an InferenceService that runs the service's image, asked by the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Annotated

from ...compiler.node import AnyNode
from ...schema.config import Config
from ...schema.constraints import Doc
from ...schema.diagnostics import Diagnostic
from .. import images, kubernetes
from ..deployment import Deployment
from ..kubernetes import checking, making, workload
from ..kubernetes.manifest import Data, Manifest, each, lean
from ..kubernetes.options import Pinned, Running
from ..kubernetes.semantics import MODEL
from ..kubernetes.workload import App
from ..oci.options import MOUNTED
from ..project.names import Names
from .rolling import publish

__all__ = ["FILES", "SEVERAL", "Options", "check", "elsewhere", "nodes", "objects", "provenance", "publish", "whole"]

FILES = kubernetes.FILES
SEVERAL = True
"""It can be made of several models, which the Open Inference Protocol knows by their names."""
MODE = {"serving.kserve.io/deploymentMode": "Standard"}
"""Deployments and autoscalers of Kubernetes itself, without Knative, which refuses much of what keeps pods closed."""

CONTAINER = "kserve-container"
"""The name by which KServe finds the container that predicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Running):
    """An InferenceService that runs the image of the service with KServe."""

    modelcar: Annotated[
        Pinned | None,
        Doc("The image of the model, by its digest, where `image` is one by its digest that has no model."),
    ] = None


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """The node that makes the manifest."""
    return making.nodes(deployment, name, options, whole(options), objects, options.modelcar or "")


def provenance(deployment: Deployment) -> None:
    """None: what lies beside the manifest is taken for one."""


def elsewhere(options: Options) -> str:
    """A folder of the user's in which the target is put as well, relative to deploy.yaml; or empty."""
    return checking.written(options)


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    yield from checking.check(config, name, options)
    if options.modelcar and not images.by_digest(options.image):
        text = "an image target says itself which modelcar goes with its image"
        hint = "leave it out; or name the image by its digest too"
        yield Diagnostic(code="conflicting-keys", message=text, field=("targets", name, "modelcar"), help=hint)
    if options.modelcar and config.models:
        text = "a modelcar holds one model, and these are several"
        yield Diagnostic(code="conflicting-keys", message=text, field=("targets", name, "modelcar"), help="take it out")
    if "v2" not in config.serve.protocols:
        text = "KServe's clients speak the Open Inference Protocol, which this service does not"
        yield Diagnostic(code="conflicting-keys", message=text, field=("serve", "protocols"), help="add v2 to it")


def whole(options: Options) -> kubernetes.Options:
    """The same as options of pods; KServe itself makes services, ingresses and autoscalers."""
    said = {field.name: getattr(options, field.name) for field in fields(Running)}
    return kubernetes.Options(**said, monitoring="none")


def objects(app: App) -> tuple[Manifest, ...]:
    """The InferenceService (KServe's v1beta1)."""
    metadata = {**app.metadata(), "annotations": {**MODE, **app.options.annotations}}
    spec: dict[str, Data] = {"predictor": _predictor(app)}
    return (
        {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": metadata, "spec": spec},
    )


def _predictor(app: App) -> dict[str, Data]:
    """The pod, and how many of it there are: as many as the least, where there is no greatest number."""
    replicas = app.options.replicas
    scaled = lean(scaleMetric="cpu", scaleTarget=replicas.cpu) if replicas.max else {}
    container: dict[str, Data] = {**workload.container(app), **_with_model(app), "name": CONTAINER}
    # a spread over machines goes by the pods' labels, which are KServe's own here
    pod = {key: value for key, value in workload.pod(app).items() if key != "topologySpreadConstraints"}
    return {
        "minReplicas": replicas.min,
        "maxReplicas": replicas.max or replicas.min,
        **scaled,
        **pod,
        "containers": [container],
    }


def _with_model(app: App) -> dict[str, Data]:
    """What tells KServe to bring the model, and has the service wait for it: KServe starts both at once."""
    if not app.modelcar:
        return {}
    wait = f"until [ -e {MOUNTED}/. ]; do sleep 1; done; exec python -m {Names.of(app.name).package}"
    model: dict[str, Data] = {"name": MODEL, "value": f"oci://{app.modelcar}"}
    return {"command": ["sh", "-c", wait], "env": [model, *each(workload.container(app), "env")]}
