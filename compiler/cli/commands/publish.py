"""Build and test, then send what was built where others look: a registry, a cluster.

Nothing is sent before every test of the deployment has passed.

examples:
  deployc publish                     all targets that can be published
  deployc publish image               only this one
  deployc publish other/deploy.yaml image
  deployc publish --key key.pem       images with a signature
  deployc publish -e prod registry.example.com/churn@sha256:...
                                      what runs an image runs this one, which was built and tested before: no build
"""

from __future__ import annotations

import argparse

from ....schema.diagnostics import fail
from ..building import build
from ..publishing import promoting, sent
from ..session import deployment, opened, plan, whole_arguments
from .build import build_arguments

SUFFIXES = (".yaml", ".yml")


def arguments(parser: argparse.ArgumentParser) -> None:
    whole_arguments(parser)
    build_arguments(parser)
    parser.add_argument("names", nargs="*", metavar="TARGET", help="only these targets; or an image by its digest")
    parser.add_argument("--modelcar", default="", metavar="IMAGE", help="with an image that has no model: the model's")
    parser.add_argument("--key", default="", metavar="FILE", help="sign images with this private key")
    parser.set_defaults(only=None, target=[])


def run(options: argparse.Namespace) -> int:
    if not options.file.endswith(SUFFIXES):
        options.names, options.file = [options.file, *options.names], "deploy.yaml"
    image, options.names = _image(options.names)
    if options.modelcar and not image:
        hint = "such as deployc publish registry.example.com/churn@sha256:... --modelcar ..."
        raise fail("unknown-image", "--modelcar goes with an image that has no model, and none is named", help=hint)
    session = opened(options)
    if image:
        session = promoting(session, image, options.names, options.modelcar)
        options.names = options.target = [*session.config.targets]
    options.out = options.out or str(session.out)
    made = deployment(session, options)
    then = sent(session, made, options)
    return build(session, plan(session, made, options), made, options, then)


def _image(names: list[str]) -> tuple[str, list[str]]:
    """The word that names an image, empty without one, and those that name targets."""
    images = [name for name in names if "@" in name]
    if len(images) > 1:
        hint = "publish one, then the other"
        raise fail("unknown-image", f"only one image can run: {images[0]} or {images[1]}", help=hint)
    return "".join(images), [name for name in names if "@" not in name]
