"""Fetches manifests and blobs from a registry, each held to its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from ...compiler.digest import CHUNK, of_bytes
from ...schema.diagnostics import fail
from . import refusals
from .client import Broken, Client, Request
from .layout import Document
from .manifest import INDEXES, LARGEST, MANIFESTS, Descriptor, read
from .reference import Reference

ACCEPT = {"Accept": ", ".join((*MANIFESTS, *INDEXES))}
ATTEMPTS = 5


def digest_of(client: Client, reference: Reference) -> str:
    """The digest of what a reference names in the registry now, "" where there is nothing."""
    answer = client.ask(_manifest("HEAD", reference))
    if answer.status_code == 404:
        return ""
    if answer.status_code != 200:
        raise client.refused(answer, f"to say what {reference} is")
    # a registry need not say it with this answer
    return answer.headers.get("Docker-Content-Digest") or document(client, reference).what.digest


def document(client: Client, reference: Reference) -> Document:
    """The manifest that a reference names; UserError `no-image` where there is none, `registry-digest` where it is not
    what its digest says, `registry-refused` where it is no image's.
    """
    data, answer = client.patiently(lambda: _short(client, _manifest("GET", reference)))
    if answer.status_code == 404:
        text = f"the registry {client.registry} has no image {reference}"
        raise fail("no-image", text, field=client.at, help="check the name and the tag; a private one needs a login")
    if answer.status_code != 200:
        raise client.refused(answer, f"to give {reference}")
    digest = f"sha256:{of_bytes(data)}"
    if digest != (reference.digest or answer.headers.get("Docker-Content-Digest") or digest):
        raise refusals.lies(client.registry, reference.digest or str(reference), client.at)
    media = answer.headers.get("Content-Type", "").partition(";")[0]
    try:
        found = read(data, media)
    except ValueError as error:
        text = f"what the registry {client.registry} has as {reference} is no image: {error}"
        raise fail("registry-refused", text, field=client.at) from None
    return Document(
        what=Descriptor(media_type=found.media_type, digest=digest, size=len(data)), data=data, manifest=found
    )


def small(client: Client, repository: str, what: Descriptor) -> bytes:
    """A blob that is read whole, such as a statement; UserError `registry-digest`, also where it is far too long."""
    request = Request(method="GET", path=f"{repository}/blobs/{what.digest}", repository=repository, stream=True)
    data, answer = client.patiently(lambda: _short(client, request))
    if answer.status_code != 200:
        raise client.refused(answer, f"to give {what.digest}")
    if of_bytes(data) != what.hex:
        raise refusals.lies(client.registry, what.digest, client.at)
    return data


def fetch(client: Client, repository: str, what: Descriptor, target: Path, told: Callable[[int], None]) -> None:
    """Write a blob's bytes to a file; the caller checks their digest.

    `told` takes the number of bytes that are here. UserError `registry-*`.
    """
    here = 0
    with target.open("wb") as file:
        for piece in pieces(client, repository, what):
            here += file.write(piece)
            told(here)


def pieces(client: Client, repository: str, what: Descriptor) -> Iterator[bytes]:
    """A blob's bytes, which go on where they were cut off, and end soon after its length; the caller checks their
    digest. UserError `registry-*`.
    """
    here = 0
    for attempt in range(ATTEMPTS):
        try:
            for piece in _rest(client, repository, what, here):
                here += len(piece)
                yield piece
        except Broken as error:
            if here == what.size:
                return  # it was cut off after its last byte
            if attempt == ATTEMPTS - 1:
                raise client.unreachable(error) from None
            client.pause(0.5 * 2**attempt)
        else:
            return


def _manifest(method: str, reference: Reference) -> Request:
    path = f"{reference.repository}/manifests/{reference.wanted}"
    return Request(method=method, path=path, repository=reference.repository, headers=ACCEPT, stream=method == "GET")


def _short(client: Client, request: Request) -> tuple[bytes, requests.Response]:
    """The bytes of an answer, or as many of them as show that it is no manifest or statement."""
    with client.once(request) as answer:
        return b"".join(_pieces(answer, LARGEST)), answer


def _rest(client: Client, repository: str, what: Descriptor, here: int) -> Iterator[bytes]:
    """A blob's bytes after the first `here`."""
    headers = {"Range": f"bytes={here}-"} if here else {}
    path = f"{repository}/blobs/{what.digest}"
    request = Request(method="GET", path=path, repository=repository, headers=headers, stream=True)
    with client.once(request) as answer:
        if answer.status_code not in (200, 206):
            raise client.refused(answer, f"to give {what.digest}")
        known = here if answer.status_code == 200 else 0
        for piece in _pieces(answer, what.size - here + known):
            if rest := piece[known:]:
                yield rest
            here += len(rest)
            known -= len(piece) - len(rest)
        # where it says how much it gives, and gives that, it is a lie that no further attempt makes true
        if here < what.size and "Content-Length" not in answer.headers:
            raise Broken(HTTPError("the connection ended early"))


def _pieces(answer: requests.Response, most: int) -> Iterator[bytes]:
    """An answer's bytes as they were sent; those after `most` and a piece are left."""
    read = 0
    try:
        for piece in answer.raw.stream(CHUNK, decode_content=False):
            yield piece
            read += len(piece)
            if read > most:
                return
    except (HTTPError, OSError) as error:
        raise Broken(error) from None
