"""The node that makes manifests of an image's digest, with the user's patches, where all fits together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields

from ...compiler.node import AnyNode, Input, Node, Work
from ...compiler.tree import Tree
from ...schema.codec import encode
from ...schema.diagnostics import Diagnostic, Field, UserError
from .. import images
from ..deployment import Deployment
from .manifest import Data, Manifest, data, dump, file_name
from .options import Options, Running
from .patching import patched
from .reading import read
from .semantics import problems
from .workload import App

Objects = Callable[[App], tuple[Manifest, ...]]
"""Every object of a service, before patches."""

PUBLISHING = ("context", "rollout_seconds")
KUSTOMIZATION = "kustomization.yaml"
SERVE = ("port", "api_key", "metrics", "payload_log")
"""What of `serve` the manifests depend on."""


def nodes(
    deployment: Deployment, name: str, said: Running, options: Options, objects: Objects, car: str = ""
) -> list[AnyNode]:
    """One node, which of all others needs the images' digests alone. `said` is what deploy.yaml says of `options`, and
    `car` the image of the model where there is one beside an image that was built before.
    """
    config = deployment.config

    def run(work: Work) -> Tree:
        image, modelcar = options.image or "", car
        if made := images.named(config, options.image):
            image = images.pinned(work.cas, work.inputs["image"], made, ("targets", name, "image"))
            modelcar = images.modelcar(work.cas, work.inputs["image"])
        app = App(config=config, options=options, image=image, modelcar=modelcar)
        patches = tuple(_patches(deployment, work, options, ("targets", name, "patches")))
        return work.cas.put_texts(texts(app, objects, patches, name))

    return [
        Node(
            name=name,
            inputs={**images.inputs(config, options.image), **_files(deployment, options)},
            params={
                "name": config.name,
                "options": json.dumps(_shaping(said), sort_keys=True),
                "serve": json.dumps({key: encode(getattr(config.serve, key)) for key in SERVE}, sort_keys=True),
            },
            implementation=deployment.identity.tools("pyyaml"),
            run=run,
        )
    ]


def texts(app: App, objects: Objects, patches: tuple[tuple[Field, Data], ...], target: str) -> dict[str, str]:
    """The files of the target; UserError `bad-patch`, or `bad-manifest` for each thing that does not fit together."""
    manifests = patched(objects(app), patches)
    field: Field = ("targets", target, "patches") if patches else ("targets", target)
    if found := tuple(problems(manifests)):
        raise UserError(
            *(Diagnostic(code="bad-manifest", message=f"{p.object} {p.message}", field=field) for p in found)
        )
    files = {file_name(manifest): dump(manifest) for manifest in manifests}
    return {**files, **(_kustomization(files) if app.options.layout == "kustomize" else {})}


def _shaping(options: Running) -> dict[str, object]:
    """The options that manifests depend on: not those of publishing alone."""
    return {f.name: encode(getattr(options, f.name)) for f in fields(options) if f.name not in PUBLISHING}


def _kustomization(files: dict[str, str]) -> dict[str, str]:
    listed: Manifest = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(files),
    }
    return {KUSTOMIZATION: dump(listed)}


def _files(deployment: Deployment, options: Options) -> dict[str, Input]:
    named = [(number, patch) for number, patch in enumerate(options.patches) if isinstance(patch, str)]
    return {f"patch-{number}": deployment.file(path) for number, path in named}


def _patches(deployment: Deployment, work: Work, options: Options, field: Field) -> Iterator[tuple[Field, Data]]:
    for number, patch in enumerate(options.patches):
        if isinstance(patch, str):
            text = deployment.rows(work, f"patch-{number}", patch).decode("utf-8", "replace")
            yield (*field, number), read(patch, text)
        else:
            yield (*field, number), data(patch)
