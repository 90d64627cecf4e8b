"""The `compose` target: the image's service on one machine by `docker compose up`, with Prometheus if asked."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...compiler.node import AnyNode, Node, Work
from ...compiler.tree import Tree
from ...schema.codec import encode
from ...schema.config import Config
from ...schema.diagnostics import Diagnostic, Field
from .. import images
from ..deployment import Deployment
from ..kubernetes.manifest import dump
from ..project.names import Names
from .files import SCRAPING, Composition, image_targets
from .options import Options, Prometheus

__all__ = ["SEVERAL", "Options", "Prometheus", "check", "nodes", "provenance"]

SEVERAL = True
"""It can be made of several models."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """One node, of deploy.yaml alone: nothing that is built is in its files."""
    config = deployment.config
    composition = Composition.of(config, options)

    def run(work: Work) -> Tree:
        files = {"compose.yaml": dump(composition.compose())}
        if options.prometheus.on:
            files[SCRAPING] = dump(composition.scraping())
        return work.cas.put_texts(files)

    return [
        Node(
            name=name,
            params={
                "name": config.name,
                "image": json.dumps([composition.target, encode(composition.image)], sort_keys=True),
                "options": json.dumps(encode(options), sort_keys=True),
                "serve": json.dumps({"port": config.serve.port, "api_key": config.serve.api_key}),
            },
            implementation=deployment.identity.tools("pyyaml"),
            run=run,
        )
    ]


def provenance(deployment: Deployment) -> None:
    """None: the image has it."""


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    field: Field = ("targets", name)
    yield from _image_mistakes(config, options.image, field)
    if options.image in (None, *config.targets):
        yield from images.without_model(config, options.image, (*field, "image"))
    if options.prometheus.on and not config.serve.metrics:
        text = "there are no metrics for Prometheus to read"
        hint = "`serve.metrics: false` leaves them out"
        yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "prometheus"), help=hint)
    if (key := f"{Names.of(config.name).prefix}API_KEY") in options.environment:
        text = f"{key} is a secret, which deploy.yaml cannot keep"
        hint = f"leave it out: {key}_FILE names its file when the composition is started"
        yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "environment", key), help=hint)


def _image_mistakes(config: Config, image: str | None, field: Field) -> Iterator[Diagnostic]:
    made = image_targets(config)
    if image is None and len(made) != 1:
        text = f"which image is run? there are {len(made)} image targets"
        hint = f"say `image: NAME`: {', '.join(made)}" if made else "add a target `docker` or `oci`, or name an image"
        yield Diagnostic(code="unknown-image", message=text, field=field, help=hint)
    elif image and image not in made and not {":", "/"} & {*image}:
        text = f"no target `{image}` makes an image"
        hint = f"known: {', '.join(made) or 'none'}; an image that no target makes has a tag: {image}:latest"
        yield Diagnostic(code="unknown-image", message=text, field=(*field, "image"), help=hint)
