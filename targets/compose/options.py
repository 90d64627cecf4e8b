"""What deploy.yaml may say below `targets: {compose: ...}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ...schema.config import Text, Variable
from ...schema.constraints import Doc, Maximum, Minimum, Shorthand
from ..docker import Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """A Prometheus beside the service, which reads its metrics."""

    on: Annotated[bool, Doc("Whether there is one.")] = True
    image: Annotated[Base, Doc("Its image.")] = "prom/prometheus:v3.5.0"
    port: Annotated[int, Minimum(1), Maximum(65535), Doc("Port of this machine at which it is reached.")] = 9090


def _switched(on: object) -> dict[str, object]:
    return {"on": on}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A compose.yaml that runs the image on one machine."""

    image: Annotated[
        Base | None, Doc("An image target by name, or an image with its tag; by default the only image target.")
    ] = None
    port: Annotated[
        int | None,
        Minimum(1),
        Maximum(65535),
        Doc("Port of this machine at which it is reached; by default serve.port."),
    ] = None
    environment: Annotated[Mapping[Variable, Text], Doc("Further settings of the service, by variable.")] = field(
        default_factory=dict
    )
    prometheus: Annotated[
        Prometheus,
        Shorthand(bool, _switched),
        Doc("Whether there is a Prometheus that reads its metrics, or its image and port."),
    ] = field(default_factory=lambda: Prometheus(on=False))
