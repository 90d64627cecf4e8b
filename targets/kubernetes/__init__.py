"""The `kubernetes` target: manifests that run the service's image in a cluster, as files to apply or to commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields

from ...compiler.node import AnyNode, Input, Node, Work
from ...compiler.tree import Tree
from ...schema.codec import encode
from ...schema.config import Config
from ...schema.diagnostics import Diagnostic, Field, UserError
from .. import images
from ..deployment import Deployment
from ..project.names import Names
from . import network, workload
from .applying import publish
from .manifest import Data, Manifest, data, dump, file_name
from .options import Options
from .patching import patched
from .reading import read
from .semantics import problems
from .workload import App

__all__ = ["FILES", "Options", "check", "elsewhere", "nodes", "provenance", "publish"]

FILES = ("patches",)
"""Options that name files of the user's."""

PUBLISHING = ("context", "rollout_seconds")
KUSTOMIZATION = "kustomization.yaml"
SERVE = ("port", "api_key", "metrics", "payload_log")
"""What of `serve` the manifests depend on."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """One node, which needs of everything else only the image's digest."""
    config = deployment.config

    def run(work: Work) -> Tree:
        image = options.image or ""
        if made := images.named(config, options.image):
            image = images.pinned(work.cas, work.inputs["image"], made, ("targets", name, "image"))
        app = App(config=config, options=options, image=image)
        patches = tuple(_patches(deployment, work, options, ("targets", name, "patches")))
        return work.cas.put_texts(texts(app, patches, name))

    return [
        Node(
            name=name,
            inputs={**images.inputs(config, options.image), **_files(deployment, options)},
            params={
                "name": config.name,
                "options": json.dumps(_shaping(options), sort_keys=True),
                "serve": json.dumps({key: encode(getattr(config.serve, key)) for key in SERVE}, sort_keys=True),
            },
            implementation=deployment.identity.tools("pyyaml"),
            run=run,
        )
    ]


def provenance(deployment: Deployment) -> None:
    """None: what lies beside the manifests is taken for one."""


def elsewhere(options: Options) -> str:
    """A folder of the user's in which the target is put as well, relative to deploy.yaml; or empty."""
    return options.write or ""


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    field: Field = ("targets", name)
    yield from images.check(config, options.image, (*field, "image"))
    replicas, key = options.replicas, f"{Names.of(config.name).prefix}API_KEY"
    if replicas.max is not None and replicas.max < replicas.min:
        text = f"`max` is {replicas.max}, which is less than `min`, {replicas.min}"
        yield Diagnostic(code="bad-value", message=text, field=(*field, "replicas", "max"))
    if config.serve.api_key and not {key, f"{key}_FILE"} & {*options.secrets, *options.env}:
        text = f"the service asks for a key, but no secret gives it {key}"
        hint = f"such as `secrets: {{{key}: {config.name}/api-key}}`, a Secret and a key in it"
        yield Diagnostic(code="missing-key", message=text, field=field, help=hint)
    yield from _variables(config, field, options)
    others = [n for n, e in config.targets.items() if n < name and getattr(e.options, "write", None) == options.write]
    if options.write and others:
        text = f"target `{others[0]}` is written into the same folder"
        hint = "each removes what it wrote before: give each a folder of its own"
        yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "write"), help=hint)


def texts(app: App, patches: tuple[tuple[Field, Data], ...], target: str) -> dict[str, str]:
    """The files of the target; UserError `bad-patch`, or `bad-manifest` for each thing that does not fit together."""
    manifests = patched(objects(app), patches)
    field: Field = ("targets", target, "patches") if patches else ("targets", target)
    if found := tuple(problems(manifests)):
        raise UserError(
            *(Diagnostic(code="bad-manifest", message=f"{p.object} {p.message}", field=field) for p in found)
        )
    files = {file_name(manifest): dump(manifest) for manifest in manifests}
    return {**files, **(_kustomization(files) if app.options.layout == "kustomize" else {})}


def objects(app: App) -> tuple[Manifest, ...]:
    """Every object of the service, before patches."""
    made = (
        workload.deployment(app),
        network.service(app),
        network.ingress(app),
        network.policy(app),
        network.monitor(app),
        workload.autoscaler(app),
        workload.disruption_budget(app),
    )
    return tuple(manifest for manifest in made if manifest is not None)


def _shaping(options: Options) -> dict[str, object]:
    """The options that manifests depend on: not those of publishing alone."""
    return {f.name: encode(getattr(options, f.name)) for f in fields(options) if f.name not in PUBLISHING}


def _variables(config: Config, field: Field, options: Options) -> Iterator[Diagnostic]:
    """Variables that are given twice, or that the manifests decide over themselves."""
    for name in sorted(options.secrets.keys() & options.config.keys() | options.env.keys() & options.secrets.keys()):
        text = f"the variable `{name}` is given twice"
        yield Diagnostic(
            code="conflicting-keys", message=text, field=(*field, "secrets", name), help="keep one of them"
        )
    prefix = Names.of(config.name).prefix
    for name in (f"{prefix}HOST", f"{prefix}PORT"):
        if name in options.env:
            text = f"`{name}` cannot be set here: Service and probes go by `serve.port`"
            yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "env", name), help="leave it out")


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
