"""The `oci` target: a container image as an OCI layout, made without a daemon, with the same bytes everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...compiler.node import AnyNode
from ...schema.config import Config
from ...schema.diagnostics import Diagnostic, Field
from .. import images
from ..deployment import Deployment
from ..publishing import Publication, Published
from ..registry.reference import mistakes
from .loading import described, loaded
from .options import MODELCAR, Options

__all__ = ["SEVERAL", "Options", "check", "described", "loaded", "named_files", "nodes", "provenance", "publish"]

SEVERAL = True
"""It can be made of several models."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    """For each platform what its base has and its libraries; the model's layer; and the image of them all."""
    # what reads every deploy.yaml imports this module, for its options
    from .making import Making

    make = Making.of(deployment, name, options)
    made: list[AnyNode] = [*make.fetching]
    for platform in make.platforms:
        made += [make.contents(platform), make.libraries(platform)]
    return [*made, *make.models(), make.image()]


def shaping(options: Options) -> Mapping[str, object]:
    """Options that change the image, which is the same in every environment; whether there is a modelcar does too."""
    named = ("base", "platforms", "without", "labels", "port", "workers", "compression")
    return {**{name: getattr(options, name) for name in named}, "modelcar": options.modelcar is not None}


def provenance(deployment: Deployment) -> str:
    """The folder of the target in which the model's provenance.json belongs: beside the layout, as it names a run and
    the image does not.
    """
    return ""


def named_files(options: Options) -> Mapping[str, str]:
    """Options that name files of the user's, with their paths."""
    return {"base": options.folder} if options.folder else {}


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options, as far as deploy.yaml alone tells."""
    field: Field = ("targets", name)
    if options.base and not options.folder:
        yield from mistakes(options.base, (*field, "base"))
    for key in ("reference", "modelcar"):
        if reference := getattr(options, key):
            yield from mistakes(reference, (*field, key), made=True)
    if options.modelcar and options.modelcar == options.reference:
        text = "the model's image has the name of the service's"
        yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "modelcar"), help="give it another one")
    if options.modelcar and config.models:
        text = "a modelcar holds one model, and these are several"
        yield Diagnostic(code="conflicting-keys", message=text, field=(*field, "modelcar"), help="leave it out")


def publish(publication: Publication) -> Published:
    """Send the image to its registry, and the modelcar to its own; UserError says what that refuses."""
    from ..registry.publishing import Place
    from ..registry.publishing import publish as send

    options = publication.options
    assert isinstance(options, Options)
    base = "" if options.folder else options.base or images.default_base(publication.deployment.python)
    at: Field = ("targets", publication.name, *(["reference"] if options.reference else []))
    place = Place(reference=options.reference or "", base=base, insecure=options.insecure, at=at)
    sent = send(publication, place)
    if options.modelcar is None:
        return sent
    at = ("targets", publication.name, "modelcar")
    car = replace(place, reference=options.modelcar, part=MODELCAR, beside=place.reference, at=at)
    model = send(publication, car)
    return Published(lines=(*sent.lines, *model.lines), standing=(*sent.standing, *model.standing))
