"""What deploy.yaml may say below `targets: {oci: ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from ...schema.config import Text
from ...schema.constraints import HERE, Doc, Maximum, Minimum
from ..docker import Label, LabelText
from .platforms import Platform

MODELCAR = "modelcar"
"""The folder of the target that the layout of the model's image is in."""
MOUNTED = "/mnt/models"
"""Where KServe has a service find the model that is in an image of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the image is built on, what it is called and how it runs."""

    base: Annotated[
        Text | None,
        Doc("Image to build on: in a registry, or ./FOLDER of an OCI layout; by default python:X.Y-slim."),
    ] = None
    reference: Annotated[Text | None, Doc("Registry, repository and tag that the image is published as.")] = None
    modelcar: Annotated[
        Text | None,
        Doc("Registry, repository and tag of an image of the model alone, for KServe; the service's has none then."),
    ] = None
    insecure: Annotated[bool, Doc("Speak plain HTTP to registries that are not on this machine.")] = False
    platforms: Annotated[
        tuple[Platform, ...], Doc("Platforms to build for, of wheels alone; by default that of this machine.")
    ] = ()
    without: Annotated[
        tuple[Text, ...], Doc("Shared libraries, such as libtbb.so.12, that nothing which is served needs.")
    ] = ()
    archive: Annotated[bool, Doc("Whether to put out image.tar too, which `docker load` takes.")] = False
    labels: Annotated[Mapping[Label, LabelText], Doc("Labels of the image.")] = field(default_factory=dict)
    port: Annotated[int | None, Minimum(1), Maximum(65535), Doc("Port in the container; by default serve.port.")] = None
    workers: Annotated[
        int | None, Minimum(1), Maximum(1024), Doc("Processes in the container; by default serve.workers.")
    ] = None
    compression: Annotated[
        Literal["gzip", "zstd"], Doc("Of the libraries and the code; zstd takes Docker 23 or newer.")
    ] = "gzip"

    @property
    def folder(self) -> str:
        """The folder of the base, where it is one on this machine."""
        return self.base if self.base and self.base.startswith(HERE) else ""
