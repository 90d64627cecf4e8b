"""Publishes the image of a target: to its registry, with its bill of materials, its provenance and its signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from ...compiler.cas import Cas, CorruptBlob
from ...compiler.digest import Digest, of_file
from ...compiler.sources import registry as models
from ...compiler.tree import Tree
from ...schema.diagnostics import Field, fail
from ...schema.lockfile import pins
from ..deployment import LOCKED
from ..publishing import KEY, PASSWORD, Publication, Published
from ..several import named
from . import attesting, signing
from .bases import BASE
from .client import Client, client
from .layout import Document, Layout
from .pull import digest_of, document
from .push import Shipment, push
from .reference import LATEST, Reference, parsed
from .referrers import MATERIALS, PROVENANCE, referrer
from .standing import Standing, stands
from .statement import Made, Trained, statement
from .upload import Changed
from .verifying import attests, signs

_BASE_NAME, _BASE_DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an image goes, as its target says it."""

    reference: str
    """Empty where it says none."""
    base: str
    """The reference that it is built on, or "" where that is in no registry."""
    insecure: bool = False
    part: str = ""
    """The folder of the target in which the image's layout is, where the target makes several: those in folders have
    none of the locked libraries.
    """
    beside: str = ""
    """The reference that the target's own image was published as, where this is not it: that has the same base."""
    at: Field = ()


def publish(publication: Publication, place: Place) -> Published:
    """Push the OCI layout that the target made. UserError `missing-key` without a reference, `registry-*`,
    `bad-key-file`, `cache-corrupt`.
    """
    if not place.reference:
        text = f"the image of `{publication.name}` has no name to be published as"
        hint = "such as `reference: registry.example.com/team/churn:1.0`"
        raise fail("missing-key", text, field=("targets", publication.name), help=hint)
    wanted = parsed(place.reference)
    reference = replace(wanted, tag=wanted.tag or LATEST)
    asked = client(reference, publication.environ, insecure=place.insecure, at=place.at)
    key = _key(publication)
    (image,) = _layout(publication, place).entries
    called = "/".join(filter(None, (publication.name, place.part)))
    found = f"{reference}@{image.digest}"
    already = f"{called} is published already as {found}"
    standing = Standing(line=already, reference=str(reference), digest=image.digest, insecure=place.insecure)
    # whether it is signed is looked at each time, with the key
    left = () if key else (standing,)
    if _is_there(asked, replace(reference, digest=image.digest), key):
        return Published(lines=(already,), standing=left)
    try:
        push(asked, shipment(publication, place, reference, asked, key), publication.say)
    except (CorruptBlob, Changed, FileNotFoundError) as error:
        if isinstance(error, Changed):
            with suppress(CorruptBlob):
                publication.deployment.store.cas.discard(Digest(error.hex))
        text = "a part of the image is missing or damaged in the cache"
        raise fail("cache-corrupt", text, field=place.at, help="publish again: it is made again") from None
    return Published(lines=(f"{called} is published as {found}{', signed' if key else ''}",), standing=left)


def _is_there(asked: Client, reference: Reference, key: ec.EllipticCurvePrivateKey | None) -> bool:
    """Whether the tag names the image, and that is told of and signed."""
    return stands(asked, reference) and (key is None or _is_signed(asked, reference, key.public_key()))


def _is_signed(asked: Client, reference: Reference, key: ec.EllipticCurvePublicKey) -> bool:
    says = signs(asked, reference, key)
    return says is not None and says[PROVENANCE] in attests(asked, reference, key)


def _key(publication: Publication) -> ec.EllipticCurvePrivateKey | None:
    file = publication.environ.get(KEY)
    return signing.private_key(Path(file), publication.environ.get(PASSWORD, "")) if file else None


def _layout(publication: Publication, place: Place) -> Layout:
    tree = publication.trees[publication.name]
    return Layout.of_tree(publication.deployment.store.cas, tree.under(place.part) if place.part else tree)


def shipment(
    publication: Publication,
    place: Place,
    reference: Reference,
    asked: Client,
    key: ec.EllipticCurvePrivateKey | None,
) -> Shipment:
    """What is to be in the registry afterwards."""
    # it takes longer to import than to ask a registry whether it has all
    from .materials import materials

    cas, layout = publication.deployment.store.cas, _layout(publication, place)
    (image,) = layout.entries
    documents = tuple(layout.documents(image))
    made = _made(publication, reference, documents)
    made = replace(made, pins=()) if place.part else made
    telling = (
        referrer(cas, image, MATERIALS, materials(made)),
        referrer(cas, image, PROVENANCE, statement(made)),
    )
    return Shipment(
        layout=layout,
        image=image,
        reference=reference,
        sources=_sources(publication, place, reference),
        telling=telling,
        tagged=dict(_signed(cas, asked, reference.at(image.digest), telling, key)) if key else {},
    )


def _signed(
    cas: Cas,
    asked: Client,
    image: Reference,
    telling: tuple[Document, ...],
    key: ec.EllipticCurvePrivateKey,
) -> Iterator[tuple[str, Document]]:
    """The attestation of the provenance and the signature of all, by the tags that they get."""
    told = {each.manifest.artifact_type: each.manifest.layers[0].digest for each in telling}
    provenance = cas.get(Digest(told[PROVENANCE].removeprefix("sha256:")))
    place = replace(image, tag=attesting.tag_of(image.digest), digest="")
    yield place.tag, attesting.attested(cas, provenance, key, _before(asked, place))
    place = replace(image, tag=signing.tag_of(image.digest), digest="")
    data = signing.payload(image.name, image.digest, told)
    yield place.tag, signing.signed(cas, data, key, _before(asked, place))


def _before(asked: Client, place: Reference) -> Document | None:
    return document(asked, place) if digest_of(asked, place) else None


def _sources(publication: Publication, place: Place, reference: Reference) -> dict[str, str]:
    """A repository of each of the base's blobs, where there is one in the same registry as the image is to be in."""
    name = place.beside or place.base
    tree = publication.trees.get(publication.name if place.beside else f"{BASE}{publication.name}")
    if tree is None or parsed(name).registry != reference.registry:
        return {}
    layout = Layout.of_tree(publication.deployment.store.cas, tree)
    layers = [part for each in layout.entries for part in layout.document(each).manifest.layers]
    return {part.digest: parsed(name).repository for part in layers}


def _made(publication: Publication, reference: Reference, documents: tuple[Document, ...]) -> Made:
    deployment, trees = publication.deployment, publication.trees
    cas, image = deployment.store.cas, documents[-1]
    lock = cas.text(trees["lock-serve"], f"{LOCKED}/requirements.txt")
    return Made(
        name=reference.name,
        digest=image.what.hex,
        service=deployment.config.name,
        target=publication.name,
        python=deployment.python,
        platforms=tuple(sorted(_platforms(cas, documents))),
        pins=pins(lock),
        models=tuple(_models(publication)),
        lock=of_file(publication.lock),
        base=_base(documents),
        deployc=f"{deployment.identity.version} {deployment.identity.sources}",
        # what a lock node is made from tells also what was locked before
        actions={name: digest for name, digest in publication.actions.items() if not name.startswith("lock-")},
    )


def _models(publication: Publication) -> Iterator[Trained]:
    config, trees, cas = publication.deployment.config, publication.trees, publication.deployment.store.cas
    for name in config.models or [""]:
        source = trees.get(named(models.LOCK, name) if name else models.LOCK)
        uri = models.source_of(cas, source).version if source else ""
        found = trees[named("model", name) if name else "model"]
        origin = _origin(cas, found.under("provenance"))
        yield Trained(name=name, digest=found.under("model").digest, origin=origin, uri=uri)


def _origin(cas: Cas, provenance: Tree) -> dict[str, object]:
    found = json.loads(cas.text(provenance, "provenance.json")) if "provenance.json" in provenance else {}
    return dict(found)


def _platforms(cas: Cas, documents: tuple[Document, ...]) -> Iterator[str]:
    for each in documents:
        if config := each.manifest.config:
            says = json.loads(cas.get(Digest(config.hex)))
            yield f"{says['os']}/{says['architecture']}"


def _base(documents: tuple[Document, ...]) -> str:
    """The base of the first platform's image, as that says it itself."""
    told = documents[0].manifest.annotations
    return f"{told.get(_BASE_NAME, '')}@{told[_BASE_DIGEST]}" if _BASE_DIGEST in told else ""
