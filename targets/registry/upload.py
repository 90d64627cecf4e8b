"""Brings one blob into a repository: not at all, from another repository there, or sent, and resumed when cut off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import requests

from ...compiler.digest import of_pieces
from ...schema.diagnostics import UserError
from . import refusals
from .client import Broken, Client, Request
from .manifest import Descriptor

ATTEMPTS = 5
_RANGE = re.compile(r"(?:bytes=)?0-(\d+)")
_BINARY = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What is to be in the repository."""

    what: Descriptor
    read: Callable[[int], Iterator[bytes]]
    """Its bytes from an offset on; a blob that is only mounted need not be here."""
    source: str = ""
    """Another repository of the registry that has it, or "" where none is known."""


def upload(client: Client, repository: str, blob: Blob, told: Callable[[int], None]) -> str:
    """See to it that the repository has the blob: "there", "mounted" or "sent" says how.

    `told` takes the number of bytes that have been sent of it, which may go back. UserError `registry-*`, OSError where
    its bytes cannot be read.
    """
    if exists(client, repository, blob.what):
        return "there"
    place = _begun(client, repository, blob)
    if place is None:
        return "mounted"
    for attempt in range(ATTEMPTS):
        try:
            _send(client, repository, blob, place, told)
        except Broken as error:
            if attempt == ATTEMPTS - 1:
                raise client.unreachable(error) from None
            client.pause(0.5 * 2**attempt)
            if exists(client, repository, blob.what):
                break
            place = _resumed(client, repository, place) or _begun(client, repository, blob)
            if place is None:
                break
        else:
            break
    told(blob.what.size)
    return "sent"


def exists(client: Client, repository: str, what: Descriptor) -> bool:
    """Whether the repository has the blob; UserError `registry-digest` where it has another length."""
    answer = client.ask(Request(method="HEAD", path=f"{repository}/blobs/{what.digest}", repository=repository))
    if answer.status_code == 404:
        return False
    if answer.status_code != 200:
        raise client.refused(answer, f"to say whether it has {what.digest}")
    if answer.headers.get("Content-Length", str(what.size)) != str(what.size):
        raise refusals.lies(client.registry, what.digest, client.at)
    return True


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the rest of a blob goes."""

    url: str
    offset: int = 0


def _begun(client: Client, repository: str, blob: Blob) -> _Place | None:
    """Where to send the blob to, None where the registry took it from the other repository."""
    uploads = Request(
        method="POST", path=f"{repository}/blobs/uploads/", repository=repository, headers={"Content-Length": "0"}
    )
    if blob.source:
        query = urlencode({"mount": blob.what.digest, "from": blob.source})
        try:
            answer = client.ask(replace(uploads, path=f"{uploads.path}?{query}"))
        except UserError:
            pass  # who may write here need not be allowed to read there
        else:
            return None if answer.status_code == 201 else _Place(_next(client, answer, 202))
    return _Place(_next(client, client.ask(uploads), 202))


def _resumed(client: Client, repository: str, place: _Place) -> _Place | None:
    """From where a blob that was cut off goes on; None where the registry kept nothing of it."""
    answer = client.ask(Request(method="GET", path=place.url, repository=repository))
    kept = _RANGE.fullmatch(answer.headers.get("Range", ""))
    if answer.status_code != 204 or not kept:
        return None
    # by the same answer the registry says that it has one byte, or none
    offset = int(kept[1]) + 1 if int(kept[1]) else 0
    return _Place(answer.headers.get("Location") or place.url, offset)


def _send(client: Client, repository: str, blob: Blob, place: _Place, told: Callable[[int], None]) -> None:
    body = _Rest(blob.read, blob.what.size, place.offset, told)
    ranged = {"Content-Range": f"{place.offset}-{blob.what.size - 1}"} if place.offset else {}
    url = place.url
    if len(body):
        patch = Request(method="PATCH", path=url, repository=repository, headers={**_BINARY, **ranged}, body=body)
        url = _next(client, client.once(patch), 202)
    ends = f"{url}{'&' if '?' in url else '?'}{urlencode({'digest': blob.what.digest})}"
    headers = {**_BINARY, "Content-Length": "0"}
    answer = client.once(Request(method="PUT", path=ends, repository=repository, headers=headers))
    if answer.status_code == 400 and "DIGEST_INVALID" in refusals.codes(answer):
        # which of the two is wrong?
        whole = of_pieces(blob.read(0)) == blob.what.hex
        raise refusals.lies(client.registry, blob.what.digest, client.at) if whole else Changed(blob.what.hex)
    if answer.status_code in (404, 416):
        raise Broken(answer.status_code)
    if answer.status_code != 201:
        raise client.refused(answer, blob.what.digest)


def _next(client: Client, answer: requests.Response, hoped: int) -> str:
    if answer.status_code in (404, 416):
        # it forgot the upload, or counts otherwise than we do: it begins anew
        raise Broken(answer.status_code)
    if answer.status_code != hoped or not answer.headers.get("Location"):
        raise client.refused(answer, "an upload")
    return answer.headers["Location"]


class Changed(Exception):
    """A blob's file has other bytes than its digest says."""

    def __init__(self, hex: str) -> None:
        super().__init__(f"blob {hex} is corrupt")
        self.hex = hex


@dataclass(frozen=True, slots=True)
class _Rest:
    """A blob from an offset on, as the body of a request; it is read in pieces, and each is told.

    It has no `read`, since what has one is taken for a file.
    """

    pieces: Callable[[int], Iterator[bytes]]
    size: int
    offset: int
    told: Callable[[int], None]

    def __len__(self) -> int:
        return self.size - self.offset

    def __iter__(self) -> Iterator[bytes]:
        at = self.offset
        for piece in self.pieces(at):
            yield piece
            at += len(piece)
            self.told(at)
