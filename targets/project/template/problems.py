"""What is wrong with a request, as values: the same for every web framework."""

from __future__ import annotations

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

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field

    def failure(self, request_id: str) -> Failure:
        return Failure(Problem(self.code, self.message, self.field, request_id))


def check_headers(content_type: str, content_encoding: str, content_length: str, limit: int) -> None:
    """Reject a body that is no JSON, is compressed, or says that it is longer than `limit` bytes."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Rejected(415, "unsupported-media-type", "the body has to be JSON: send `Content-Type: application/json`")
    if content_encoding.strip().lower() not in ("", "identity"):
        raise Rejected(415, "unsupported-encoding", "the body has to be sent uncompressed")
    if content_length.isdecimal() and int(content_length) > limit:
        raise too_large(limit)


def too_large(limit: int) -> Rejected:
    return Rejected(413, "body-too-large", f"the body is longer than {limit} bytes")
