"""CORS: which pages of other origins may read the service's answers."""

from __future__ import annotations

from .web import Answer, Header, Headers

ORIGINS: tuple[str, ...] = ()
"""Origins such as https://example.com, or * for all."""
ALLOWED = "GET, HEAD, POST"
HEADERS = "authorization, content-type, x-api-key, x-request-id"
AGE_SECONDS = 600


def origin_headers(header: Header) -> Headers:
    """What every answer says to a browser: whether a page of this origin may read it."""
    origin = header("origin") or ""
    vary = ("vary", "Origin")
    if "*" not in ORIGINS and origin not in ORIGINS:
        return (vary,)
    allowed = "*" if "*" in ORIGINS else origin
    return (vary, ("access-control-allow-origin", allowed), ("access-control-expose-headers", "x-request-id"))


def preflight(verb: str, header: Header) -> Answer | None:
    """The answer to a browser that asks whether it may send a request; None to any other request."""
    if verb != "OPTIONS" or not header("origin") or not header("access-control-request-method"):
        return None
    told = (
        ("access-control-allow-methods", ALLOWED),
        ("access-control-allow-headers", HEADERS),
        ("access-control-max-age", str(AGE_SECONDS)),
    )
    return Answer(b"", 204, headers=told)
