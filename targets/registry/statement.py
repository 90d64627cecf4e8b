"""The provenance of a published image: an in-toto Statement v1 with SLSA's provenance v1 (slsa.dev)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...schema.lockfile import Pin

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://pypi.org/project/deployc/#deploy.yaml-v1"
"""What the parameters of the provenance mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model that an image serves."""

    name: str = ""
    """Its name among several `models`."""
    digest: str
    """Of its canonical files, without the algorithm."""
    origin: Mapping[str, object] = field(default_factory=dict)
    """What is known of its training, such as its run."""
    uri: str = ""
    """What always names it where it was looked up, or ""."""


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
    models: tuple[Trained, ...]
    lock: str
    """The digest of deploy.lock."""
    base: str
    """The image that it is built on by its digest, or ""."""
    deployc: str
    """Version and digest of what built it."""
    actions: Mapping[str, str] = field(default_factory=dict)
    """The digest of what each node of the build was made from."""


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
    return always_same(whole)


def _dependencies(made: Made) -> Iterator[dict[str, object]]:
    for model in made.models:
        annotations = {"annotations": {"origin": dict(model.origin)}} if model.origin else {}
        name = f"models.{model.name}" if model.name else "model"
        yield {"name": name, **_named(model.uri), "digest": {"sha256": model.digest}, **annotations}
    yield {"name": "deploy.lock", "digest": {"sha256": made.lock}}
    if made.base:
        name, _, digest = made.base.partition("@sha256:")
        yield {"name": "base", **_named(f"oci://{name}" if name else ""), "digest": {"sha256": digest}}


def _named(uri: str) -> dict[str, str]:
    """The address of what was used; what lay in a folder has none that means anything elsewhere."""
    return {"uri": uri} if uri else {}


def always_same(value: object) -> bytes:
    """JSON that people can read, the same for equal values."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
