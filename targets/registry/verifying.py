"""Verifies a published image: that all of it is there, what is told of it, and who signed that."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec

from ...compiler.digest import of_bytes
from ...schema.diagnostics import UserError, fail
from . import attesting, signing
from .client import Client
from .downloading import Downloaded, download
from .layout import Document
from .manifest import MANIFESTS, Descriptor
from .pull import digest_of, document, small
from .reference import Reference
from .referrers import MATERIALS, PROVENANCE, referring
from .statement import PREDICATE_TYPE, STATEMENT_TYPE
from .upload import exists

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found to hold."""

    reference: Reference
    """By its digest."""
    statement: Json
    """The in-toto statement of its provenance."""
    distributions: int
    """How many its bill of materials lists."""
    signed: bool
    downloaded: Downloaded | None = None
    """None where the layers were not asked for."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What it says, a line each."""
        return (
            f"image        {self.reference}",
            *(f"{each.get('name', '')!s:<12} {_said(each)}" for each in _dependencies(self.statement)),
            f"materials    {self.distributions} distributions",
            f"layers       {_told(self.downloaded)}",
            f"signature    {'by the key' if self.signed else 'not asked for: --key FILE names the public key'}",
        )


def verify(
    client: Client,
    reference: Reference,
    key: ec.EllipticCurvePublicKey | None,
    say: Callable[[str], None] | None = None,
) -> Verified:
    """Check an image in its registry; with `say`, which takes progress, all of its layers are downloaded.

    UserError `not-verified` says what does not hold, `no-image`, `registry-*`.
    """
    image = document(client, reference)
    found = reference.at(image.what.digest)
    images = tuple(_images(client, found, image))
    for part in (part for each in images for part in each.manifest.blobs):
        if not exists(client, found.repository, part):
            raise _not(found, f"the registry lacks its part {part.digest}")
    downloaded = download(client, found, images, say) if say else None
    meant = _meant(client, found, key) if key else {}
    statement = _of(found, _json(client, found, PROVENANCE, meant), "provenance", _subjects)
    bom = _of(found, _json(client, found, MATERIALS, meant), "bill of materials", _described)
    components = bom.get("components")
    parts = [_mapping(each) for each in components] if isinstance(components, list) else []
    count = sum(each.get("type") == "library" for each in parts)
    return Verified(
        reference=found, statement=statement, distributions=count, signed=key is not None, downloaded=downloaded
    )


def _images(client: Client, found: Reference, image: Document) -> Iterator[Document]:
    """The image, or those of an index."""
    yield image
    for part in image.manifest.manifests:
        if part.media_type in MANIFESTS:
            yield from _images(client, found, document(client, found.at(part.digest)))


def _told(downloaded: Downloaded | None) -> str:
    if downloaded is None:
        return "not downloaded: --layers does that"
    return f"{downloaded.layers} ({downloaded.size / 1e6:.1f} MB), each as its digests say"


def _meant(client: Client, found: Reference, key: ec.EllipticCurvePublicKey) -> Mapping[str, str]:
    """The digests of what the key's owner tells of the image, by format."""
    says, attested = signs(client, found, key), attests(client, found, key)
    if says is None:
        raise _not(found, "it has no signature by this key that names what is told of it")
    if says[PROVENANCE] not in attested:
        raise _not(found, "it has no attestation by this key of the provenance that the signature means")
    return says


def signs(client: Client, found: Reference, key: ec.EllipticCurvePublicKey) -> Mapping[str, str] | None:
    """What the key's owner says of the image by its digest and of what is told of it, None where he says nothing."""
    for layer in reversed(_under(client, found, signing.tag_of(found.digest))):
        data = small(client, found.repository, layer)
        says = signing.says(data, layer.annotations.get(signing.SIGNATURE, ""), key, found.digest)
        if says and says[signing.NAME] == found.name and says.keys() >= {PROVENANCE, MATERIALS}:
            return says
    return None


def attests(client: Client, found: Reference, key: ec.EllipticCurvePublicKey) -> Collection[str]:
    """The digests of the statements about the image that the key's owner attests."""
    layers = _under(client, found, attesting.tag_of(found.digest))
    said = (attesting.says(small(client, found.repository, layer), key) for layer in layers)
    return {f"sha256:{of_bytes(each)}" for each in said if each is not None}


def _under(client: Client, found: Reference, tag: str) -> tuple[Descriptor, ...]:
    """The layers of what a tag names; none where there is no such tag."""
    place = replace(found, tag=tag, digest="")
    return document(client, place).manifest.layers if digest_of(client, place) else ()


def _json(client: Client, found: Reference, media: str, meant: Mapping[str, str]) -> Json:
    """What is told of the image in a format: what the signature means, or else what was told last."""
    manifests = [
        document(client, found.at(each.digest)).manifest
        for each in referring(client, found.repository, found.digest)
        if each.artifact_type == media
    ]
    layers = [m.layers[0] for m in manifests if m.subject == found.digest and m.layers]
    fitting = [layer for layer in layers if meant.get(media, layer.digest) == layer.digest]
    if not fitting:
        others = "other than the signature means" if layers else "beside it: `deployc publish` puts it there"
        raise _not(found, f"there is no {media} {others}")
    try:
        return cast(Json, json.loads(small(client, found.repository, fitting[-1])))
    except ValueError:
        raise _not(found, f"its {media} is not JSON") from None


def _of(found: Reference, says: Json, what: str, digests: Callable[[Json], list[object]]) -> Json:
    """What is told, where it is told of this image."""
    try:
        named = digests(says)
    except (KeyError, TypeError, AttributeError):
        named = []
    if named != [found.digest.removeprefix("sha256:")]:
        raise _not(found, f"its {what} is of something else")
    return says


def _subjects(statement: Json) -> list[object]:
    kinds = (statement["_type"], statement["predicateType"])
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE):
        return []
    return [cast(Json, each["digest"])["sha256"] for each in cast(list[Json], statement["subject"])]


def _described(bom: Json) -> list[object]:
    whole = cast(Json, cast(Json, bom["metadata"])["component"])
    return [each["content"] for each in cast(list[Json], whole["hashes"])] if bom["bomFormat"] == "CycloneDX" else []


def _dependencies(statement: Json) -> list[Json]:
    """What the image was made from, as far as anybody says it."""
    found = _mapping(_mapping(statement.get("predicate")).get("buildDefinition")).get("resolvedDependencies")
    return [_mapping(each) for each in found] if isinstance(found, list) else []


def _said(dependency: Json) -> str:
    digest = _mapping(dependency.get("digest")).get("sha256", "")
    run = _mapping(_mapping(dependency.get("annotations")).get("origin")).get("run_id")
    parts = (dependency.get("uri"), f"sha256:{digest}", f"run {run}" if run else "")
    return " ".join(str(part) for part in parts if part)


def _mapping(found: object) -> Json:
    return found if isinstance(found, dict) else {}


def _not(found: Reference, why: str) -> UserError:
    return fail("not-verified", f"{found} is not what it should be: {why}")
