"""Publishes the image of a target: to its registry, with its bill of materials, its provenance and its signature."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...compiler.cas import Cas, CorruptBlob
from ...compiler.digest import Digest, of_text
from ...compiler.sources import registry as models
from ...schema.diagnostics import Field, fail
from ...schema.lockfile import dump, pins
from ..deployment import LOCKED
from ..graph import locked
from ..publishing import KEY, PASSWORD, Publication, Published
from . import attestations, signing
from .attestations import Made
from .bases import BASE
from .client import Client, client
from .layout import Document, Layout
from .manifest import Descriptor
from .pull import digest_of, document
from .push import Shipment, push
from .reference import Reference, parsed
from .referrers import referrer
from .upload import Changed

_BASE_NAME, _BASE_DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an image goes, as its target says it."""

    reference: str
    """Empty where it says none."""
    base: str
    """The reference that it is built on, or "" where that is in no registry."""
    insecure: bool = False
    at: Field = ()


def publish(publication: Publication, place: Place) -> Published:
    """Push the OCI layout that the target made. UserError `missing-key` without a reference, `registry-*`,
    `bad-key-file`, `cache-corrupt`.
    """
    if not place.reference:
        text = f"the image of `{publication.name}` has no name to be published as"
        hint = "such as `reference: registry.example.com/team/churn:1.0`"
        raise fail("missing-key", text, field=("targets", publication.name), help=hint)
    reference = parsed(place.reference)
    asked = client(reference, publication.environ, insecure=place.insecure, at=place.at)
    try:
        what = shipment(publication, place, reference, asked)
        sent = push(asked, what, publication.say)
    except (CorruptBlob, Changed, FileNotFoundError):
        text = "a part of the image is missing or damaged in the cache"
        raise fail("cache-corrupt", text, field=place.at, help="publish again: it is made again") from None
    said = "is published as" if sent else "is published already as"
    lines = [f"{publication.name} {said} {reference.name}{_tag(reference)}@{what.image.digest}"]
    return Published(lines=(*lines, *(["signed"] if what.tagged and sent else [])))


def shipment(publication: Publication, place: Place, reference: Reference, asked: Client) -> Shipment:
    """What is to be in the registry afterwards."""
    cas, tree = publication.deployment.store.cas, publication.trees[publication.name]
    layout = Layout.of_tree(cas, tree)
    (image,) = layout.entries
    documents = tuple(layout.documents(image))
    made = _made(publication, reference, documents)
    bom, statement = attestations.sbom(made), attestations.statement(made)
    telling = (
        referrer(cas, image, attestations.SBOM, bom),
        referrer(cas, image, attestations.STATEMENT, statement),
    )
    return Shipment(
        layout=layout,
        image=image,
        reference=reference,
        sources=_sources(publication, place, reference),
        telling=telling,
        tagged=_signature(publication, reference, asked, image, telling),
    )


def _signature(
    publication: Publication, reference: Reference, asked: Client, image: Descriptor, telling: tuple[Document, ...]
) -> Mapping[str, Document]:
    file = publication.environ.get(KEY)
    if not file:
        return {}
    key = signing.private_key(Path(file), publication.environ.get(PASSWORD, ""))
    told = {document.manifest.artifact_type: document.manifest.layers[0].digest for document in telling}
    data = signing.payload(reference.name, image.digest, told)
    place = replace(reference, tag=signing.tag_of(image.digest))
    before = document(asked, place) if digest_of(asked, place) else None
    return {place.tag: signing.signed(publication.deployment.store.cas, data, key, before)}


def _sources(publication: Publication, place: Place, reference: Reference) -> dict[str, str]:
    """The repository of each of the base's blobs, where it is in the same registry as the image is to be."""
    tree = publication.trees.get(f"{BASE}{publication.name}")
    if tree is None or parsed(place.base).registry != reference.registry:
        return {}
    layout = Layout.of_tree(publication.deployment.store.cas, tree)
    layers = [part for each in layout.entries for part in layout.document(each).manifest.layers]
    return {part.digest: parsed(place.base).repository for part in layers}


def _made(publication: Publication, reference: Reference, documents: tuple[Document, ...]) -> Made:
    deployment, trees = publication.deployment, publication.trees
    cas, image = deployment.store.cas, documents[-1]
    lock = cas.text(trees["lock-serve"], f"{LOCKED}/requirements.txt")
    source = trees.get(models.LOCK)
    return Made(
        name=reference.name,
        digest=image.what.hex,
        service=deployment.config.name,
        target=publication.name,
        python=deployment.python,
        platforms=tuple(sorted(_platforms(cas, documents))),
        pins=pins(lock),
        model=trees["model"].under("model").digest,
        origin=json.loads(cas.text(trees["model"], "provenance/provenance.json")),
        model_uri=models.source_of(cas, source).version if source else "",
        lock=of_text(dump(locked(deployment, trees))),
        base=_base(documents),
        deployc=f"{deployment.identity.version} {deployment.identity.sources}",
        actions=publication.actions,
    )


def _platforms(cas: Cas, documents: tuple[Document, ...]) -> Iterator[str]:
    for each in documents:
        if config := each.manifest.config:
            says = json.loads(cas.path(Digest(config.hex)).read_bytes())
            yield f"{says['os']}/{says['architecture']}"


def _base(documents: tuple[Document, ...]) -> str:
    """The base of the first platform's image, as that says it itself."""
    told = documents[0].manifest.annotations
    return f"{told.get(_BASE_NAME, '')}@{told[_BASE_DIGEST]}" if _BASE_DIGEST in told else ""


def _tag(reference: Reference) -> str:
    return f":{reference.tag}" if reference.tag else ""
