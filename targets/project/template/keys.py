"""The API key: what has it, may ask."""

from __future__ import annotations

from hmac import compare_digest

from .problems import Rejected
from .web import Header

PROTECTED = frozenset({"/info", "/metrics"})
"""What is asked with GET and tells more than that the service lives, and how it is asked."""


def check_key(header: Header, key: str) -> None:
    """Reject a request without the key, which stands in `Authorization: Bearer KEY` or in `X-API-Key: KEY`."""
    scheme, _, bearer = (header("authorization") or "").partition(" ")
    given = header("x-api-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    # As bytes, since a text that is not ASCII cannot be compared in constant time.
    if not compare_digest(given.encode("utf-8", "surrogateescape"), key.encode()):
        raise Rejected(
            401, "unauthorized", "the API key is missing or wrong", headers=(("www-authenticate", "Bearer"),)
        )
