"""What deploy.yaml may say below `targets: {oci: ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from ...schema.constraints import Doc, Maximum, Minimum, Pattern
from ..docker import Label, LabelText
from .platforms import Platform

_REPOSITORY = r"([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
_TAG = r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"
Reference = Annotated[
    str, Pattern(_REPOSITORY + _TAG, "an image's name with a tag, such as registry.example.com/churn:1.0")
]
Base = Annotated[str, Pattern(r"\./[^\x00\\]+", "the folder of an OCI layout, such as ./base")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the image is built on, what it is called and how it runs."""

    base: Annotated[Base, Doc("Image to build on, with the Python of the service: the folder of an OCI layout.")]
    reference: Annotated[Reference | None, Doc("Registry, repository and tag that the image is published as.")] = None
    platforms: Annotated[
        tuple[Platform, ...], Doc("Platforms to build for, of wheels alone; by default that of this machine.")
    ] = ()
    labels: Annotated[Mapping[Label, LabelText], Doc("Labels of the image.")] = field(default_factory=dict)
    port: Annotated[int | None, Minimum(1), Maximum(65535), Doc("Port in the container; by default serve.port.")] = None
    workers: Annotated[
        int | None, Minimum(1), Maximum(1024), Doc("Processes in the container; by default serve.workers.")
    ] = None
    compression: Annotated[
        Literal["gzip", "zstd"], Doc("Of the libraries and the code; zstd takes Docker 23 or newer.")
    ] = "gzip"
