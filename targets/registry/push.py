"""Sends an image to a registry: what is missing there, its blobs first, its manifests next, its tag last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from . import refusals
from .client import Client, Request
from .layout import Document, Layout
from .manifest import Descriptor
from .progress import Progress
from .pull import digest_of
from .reference import Reference
from .referrers import list_again
from .transfers import GoOn, each
from .upload import Blob, upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One image of a layout, with what tells of it, and where it goes."""

    layout: Layout
    image: Descriptor
    reference: Reference
    """With its tag; without one, nothing but the digest names the image afterwards."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Other repositories of the same registry that have some blobs, by the blob's digest."""
    telling: tuple[Document, ...] = ()
    """Referrers, whose subject is the image; their blobs are where the layout's are."""
    tagged: Mapping[str, Document] = field(default_factory=dict)
    """Other manifests by the tags that they get, such as signatures."""


def push(client: Client, shipment: Shipment, say: Callable[[str], None]) -> bool:
    """Send what the registry lacks; whether it lacked anything.

    Whatever fails, by UserError `registry-*`, the tag names what it named before, and what has been sent is not sent
    again the next time. ValueError where the layout's manifests are not what they should be.
    """
    if _all_there(client, shipment):
        return False
    reference = shipment.reference
    documents = {d.what.digest: d for d in shipment.layout.documents(shipment.image)}
    every = (*documents.values(), *shipment.telling, *shipment.tagged.values())
    _upload(client, shipment, {part.digest: part for d in every for part in d.manifest.blobs}, say)
    for document in (*documents.values(), *shipment.telling):
        put(client, reference.repository, document.what.digest, document)
    for tag, document in shipment.tagged.items():
        put(client, reference.repository, tag, document)
    if reference.tag:
        put(client, reference.repository, reference.tag, documents[shipment.image.digest])
    return True


def _all_there(client: Client, shipment: Shipment) -> bool:
    """Whether every name in the registry stands for what it should: a registry takes no manifest without its parts."""
    reference, digest = shipment.reference, shipment.image.digest
    names = [(reference if reference.tag else reference.at(digest), digest)]
    names += [(reference.at(d.what.digest), d.what.digest) for d in shipment.telling]
    names += [(replace(reference, tag=tag), d.what.digest) for tag, d in shipment.tagged.items()]
    return all(digest_of(client, name) == wanted for name, wanted in names)


def put(client: Client, repository: str, name: str, document: Document) -> None:
    """Give a manifest to the registry under its digest or a tag, and hold it to what it says it got."""
    path, headers = f"{repository}/manifests/{name}", {"Content-Type": document.manifest.media_type}
    answer = client.ask(Request(method="PUT", path=path, repository=repository, headers=headers, body=document.data))
    if answer.status_code != 201:
        raise client.refused(answer, f"the manifest {document.what.digest}")
    if answer.headers.get("Docker-Content-Digest", document.what.digest) != document.what.digest:
        raise refusals.lies(client.registry, document.what.digest, client.at)
    if document.manifest.subject and "OCI-Subject" not in answer.headers:
        list_again(client, repository, document)


def _upload(client: Client, shipment: Shipment, parts: Mapping[str, Descriptor], say: Callable[[str], None]) -> None:
    progress = Progress(total=sum(part.size for part in parts.values()), say=say)
    repository, read, sources = shipment.reference.repository, shipment.layout.read, shipment.sources

    def bring(part: Descriptor, go_on: GoOn) -> tuple[str, int]:
        def told(sent: int) -> None:
            go_on()
            progress.told(part.digest, sent)

        blob = Blob(what=part, read=partial(read, part.digest), source=sources.get(part.digest, ""))
        how = upload(client, repository, blob, told)
        progress.told(part.digest, part.size)
        return how, part.size

    # the longest first: it is what the others are waited with for
    say("; ".join(_counted(each(bring, sorted(parts.values(), key=lambda p: -p.size)))))


def _counted(done: Iterable[tuple[str, int]]) -> Iterator[str]:
    found = list(done)
    for how, text in (("sent", "sent"), ("mounted", "taken from other repositories"), ("there", "there already")):
        sizes = [size for each, size in found if each == how]
        if sizes:
            yield f"{len(sizes)} blobs ({sum(sizes) / 1e6:.1f} MB) {text}"
