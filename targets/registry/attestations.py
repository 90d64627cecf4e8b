"""What is told of a published image: its bill of materials and its provenance.

Formats: CycloneDX 1.6 (cyclonedx.org); in-toto's Statement v1 with SLSA's provenance v1 (slsa.dev).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import Marker

from ...schema.lockfile import Pin

SBOM = "application/vnd.cyclonedx+json"
STATEMENT = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://pypi.org/project/deployc/#deploy.yaml-v1"
"""What the parameters of the provenance mean."""
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All that is told of one image. Digests are 64 digits, without the algorithm."""

    name: str
    """Registry and repository."""
    digest: str
    service: str
    """`name` of deploy.yaml."""
    target: str
    python: str
    """Major and minor version."""
    platforms: tuple[str, ...]
    pins: tuple[Pin, ...]
    model: str
    """The digest of the model's canonical files."""
    origin: Mapping[str, object]
    """What is known of the model's training, such as its run."""
    model_uri: str
    """What always names the model where it was looked up, or ""."""
    lock: str
    """The digest of deploy.lock's text."""
    base: str
    """The image that it is built on by its digest, or ""."""
    deployc: str
    """Version and digest of what built it."""
    actions: Mapping[str, str] = field(default_factory=dict)
    """The digest of what each node of the build was made from."""


def sbom(made: Made) -> bytes:
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
    return _sorted(json.loads(JsonV1Dot6(bom).output_as_string()))


def statement(made: Made) -> bytes:
    """How the image was made: from what, by what, and of which model and run. It says no time, machine or user."""
    parameters = {"service": made.service, "target": made.target, "platforms": list(made.platforms)}
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": parameters,
        "internalParameters": {"python": made.python, "actions": dict(made.actions)},
        "resolvedDependencies": list(_dependencies(made)),
    }
    run = {"builder": {"id": BUILD_TYPE.partition("#")[0], "version": {"deployc": made.deployc}}}
    whole = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": made.name, "digest": {"sha256": made.digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"buildDefinition": definition, "runDetails": run},
    }
    return _sorted(whole)


def _parts(made: Made) -> Iterator[Component]:
    for pin in made.pins:
        if pin.marker and not any(_holds(pin.marker, made.python, platform) for platform in made.platforms):
            continue
        url = PackageURL("pypi", name=pin.name, version=pin.version)
        yield Component(name=pin.name, version=pin.version, purl=url, bom_ref=str(url), type=ComponentType.LIBRARY)
    told = [Property(name=f"deployc:{key}", value=str(made.origin[key])) for key in ("run_id",) if made.origin.get(key)]
    yield _component(ComponentType.MACHINE_LEARNING_MODEL, made.service, made.model_uri, made.model, told)
    if made.base:
        name, _, digest = made.base.partition("@sha256:")
        yield _component(ComponentType.CONTAINER, name, f"sha256:{digest}", digest)


def _component(kind: ComponentType, name: str, version: str, digest: str, told: Iterable[Property] = ()) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)]
    return Component(
        type=kind, name=name, version=version or None, bom_ref=f"{kind.value}:{digest}", hashes=hashes, properties=told
    )


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


def _dependencies(made: Made) -> Iterator[dict[str, object]]:
    annotations = {"annotations": {"origin": dict(made.origin)}} if made.origin else {}
    yield {"name": "model", "uri": made.model_uri, "digest": {"sha256": made.model}, **annotations}
    yield {"name": "deploy.lock", "digest": {"sha256": made.lock}}
    if made.base:
        name, _, digest = made.base.partition("@sha256:")
        yield {"name": "base", "uri": f"oci://{name}", "digest": {"sha256": digest}}


def _sorted(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
