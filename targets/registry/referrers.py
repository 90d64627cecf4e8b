"""Referrers: small manifests that tell of an image, and how a registry is asked which there are.

OCI distribution specification 1.1, also for older registries: their list is then an index under the tag sha256-DIGEST.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...compiler.cas import Cas
from ...compiler.digest import of_bytes
from ...schema.diagnostics import fail
from .client import Client, Request
from .layout import Document
from .manifest import INDEX, MANIFEST, Descriptor, read
from .pull import digest_of, document
from .reference import Reference

MATERIALS = "application/vnd.cyclonedx+json"
PROVENANCE = "application/vnd.in-toto+json"
"""What is told of an image, by media type."""
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_EMPTY = b"{}"


def referrer(cas: Cas, subject: Descriptor, media_type: str, data: bytes) -> Document:
    """A manifest that says of `subject` what `data` is; the blobs are kept in the cache."""
    config = Descriptor(media_type=EMPTY_TYPE, digest=f"sha256:{cas.put_bytes(_EMPTY)}", size=len(_EMPTY))
    layer = Descriptor(media_type=media_type, digest=f"sha256:{cas.put_bytes(data)}", size=len(data))
    return made(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": media_type,
            "config": config.json,
            "layers": [layer.json],
            "subject": subject.json,
        }
    )


def made(whole: Mapping[str, object]) -> Document:
    """A manifest that is just being made, always of the same bytes."""
    data = json.dumps(whole, separators=(",", ":"), sort_keys=True).encode()
    found = read(data)
    what = Descriptor(media_type=found.media_type, digest=f"sha256:{of_bytes(data)}", size=len(data))
    return Document(what=what, data=data, manifest=found)


def list_again(client: Client, repository: str, told: Document) -> None:
    """Put a referrer into the list of who refers to its subject, for a registry that keeps none itself.

    Two that do this at the same moment may lose one: the next publication puts it there again.
    """
    place = _list(client, repository, told.manifest.subject)
    before = document(client, place).manifest.manifests if digest_of(client, place) else ()
    if told.what.digest in [each.digest for each in before]:
        return
    named = {told.what.digest: told.manifest.artifact_type}
    entries = [_entry(each, each.artifact_type or named.get(each.digest, "")) for each in (*before, told.what)]
    index = made({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    path = f"{repository}/manifests/{place.tag}"
    answer = client.ask(
        Request(
            method="PUT",
            path=path,
            repository=repository,
            headers={"Content-Type": INDEX},
            body=index.data,
        )
    )
    if answer.status_code != 201:
        raise client.refused(answer, "the list of what tells of the image")


def referring(client: Client, repository: str, digest: str) -> tuple[Descriptor, ...]:
    """Who refers to the image with this digest."""
    request = Request(method="GET", path=f"{repository}/referrers/{digest}", repository=repository)
    answer = client.ask(request)
    if answer.status_code == 200:
        try:
            return read(answer.content, INDEX).manifests
        except ValueError as error:
            text = f"the registry {client.registry} lists no referrers: {error}"
            raise fail("registry-refused", text, field=client.at) from None
    place = _list(client, repository, digest)
    return document(client, place).manifest.manifests if digest_of(client, place) else ()


def _list(client: Client, repository: str, digest: str) -> Reference:
    return Reference(registry=client.registry, repository=repository, tag=digest.replace(":", "-"))


def _entry(what: Descriptor, artifact_type: str) -> dict[str, object]:
    said = {"artifactType": artifact_type, "annotations": dict(what.annotations)}
    return {**what.json, **{key: value for key, value in said.items() if value}}
