"""The modelcar: an image of the model alone, which KServe lays beside the service's container."""

from __future__ import annotations

from collections.abc import Mapping

from ...schema.diagnostics import Field, fail
from .contents import Contents
from .image import Settings
from .service import USER

MODELS = "models"
"""Where KServe looks for the model in it."""


def settings(name: str, labels: Mapping[str, str]) -> Settings:
    """How KServe runs it: by a command of its own, and as the user of the service, who could not read it otherwise."""
    title = {"org.opencontainers.image.title": f"{name}: the model"}
    return Settings(folder="/", user=USER, labels={**title, **labels})


def check(found: Contents, field: Field) -> None:
    """UserError `unfit-base` where the base has no shell, which KServe runs in the modelcar."""
    if not found.shell:
        text = "the base has no /bin/sh, which KServe runs beside a model that is an image of its own"
        raise fail("unfit-base", text, field=field, help="take a base with a shell; or leave `modelcar` out")
