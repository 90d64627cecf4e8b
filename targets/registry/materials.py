"""The bill of materials of a published image, as CycloneDX 1.6 (cyclonedx.org)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import Marker

from .statement import Made, always_same

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def materials(made: Made) -> bytes:
    """The distributions that are installed on any of the image's platforms, the model and the base; the same bytes
    for the same image.
    """
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"sha256:{made.digest}"))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # when it was made is no part of what is in it
    image = _component(ComponentType.CONTAINER, made.name, f"sha256:{made.digest}", made.digest)
    parts = list(_parts(made))
    bom.metadata.component = image
    bom.components.update(parts)
    bom.register_dependency(image, parts)
    return always_same(json.loads(JsonV1Dot6(bom).output_as_string()))


def _parts(made: Made) -> Iterator[Component]:
    for pin in made.pins:
        if pin.marker and not any(_holds(pin.marker, made.python, platform) for platform in made.platforms):
            continue
        url = PackageURL("pypi", name=pin.name, version=pin.version)
        yield Component(name=pin.name, version=pin.version, purl=url, bom_ref=str(url), type=ComponentType.LIBRARY)
    for model in made.models:
        run = model.origin.get("run_id")
        told = [Property(name="deployc:run_id", value=str(run))] if run else []
        name = model.name or made.service
        yield _component(ComponentType.MACHINE_LEARNING_MODEL, name, model.uri, model.digest, told)
    if made.base:
        name, _, digest = made.base.partition("@sha256:")
        yield _component(ComponentType.CONTAINER, name or "base", f"sha256:{digest}", digest)


def _component(kind: ComponentType, name: str, version: str, digest: str, told: Iterable[Property] = ()) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)]
    reference = f"{kind.value}:{name}@{digest}"
    return Component(type=kind, name=name, version=version or None, bom_ref=reference, hashes=hashes, properties=told)


def _holds(marker: str, python: str, platform: str) -> bool:
    """Whether a pin is installed into an image for a platform."""
    machine = platform.split("/")[1]
    environment = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": _MACHINES.get(machine, machine),
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    return Marker(marker).evaluate(environment)
