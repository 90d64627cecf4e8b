"""What is wrong with a request, as values: the same for every web framework."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct


class Problem(Struct, omit_defaults=True):
    """Why a request failed; `field` is the place in the body, such as `age` or `[3].age`."""

    code: str
    message: str
    field: str = ""
    request_id: str = ""


class Failure(Struct):
    """The body of every answer that is not 2xx."""

    error: Problem


class Rejected(Exception):
    """A request that cannot be served, with the HTTP status that says so."""

    def __init__(
        self, status: int, code: str, message: str, field: str = "", headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = headers


def check_headers(header: Callable[[str], str | None], types: tuple[str, ...], limit: int) -> None:
    """Reject a body of another media type than `types`, a compressed one, or one longer than `limit` bytes."""
    kind = header("content-type") or ""
    # Most say it just so.
    if kind not in types and kind.partition(";")[0].strip().lower() not in types:
        message = f"the body cannot be of this type: send `Content-Type: {types[0]}`"
        raise Rejected(415, "unsupported-media-type", message)
    encoding = header("content-encoding")
    if encoding and encoding.strip().lower() not in ("", "identity"):
        raise Rejected(415, "unsupported-encoding", "the body has to be sent uncompressed")
    length = header("content-length") or ""
    if length.isdecimal() and int(length) > limit:
        raise too_large(limit)


def too_large(limit: int) -> Rejected:
    """What is said of a body that is longer than `limit` bytes."""
    return Rejected(413, "body-too-large", f"the body is longer than {limit} bytes")


def too_slow(seconds: float) -> Rejected:
    """What is said of a body that takes longer than that to arrive."""
    message = f"the body did not arrive within {seconds:g} seconds"
    return Rejected(408, "request-timeout", message, headers=(("connection", "close"),))
