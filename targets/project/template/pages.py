"""The pages for people: files that are sent as they are, and that may load and ask nothing but this service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from .web import Answer

FILES = {
    "/": "page.html",
    "/docs": "docs.html",
    "/static/answer.js": "answer.js",
    "/static/card.js": "card.js",
    "/static/code.js": "code.js",
    "/static/docs.js": "docs.js",
    "/static/element.js": "element.js",
    "/static/form.js": "form.js",
    "/static/key.js": "key.js",
    "/static/page.js": "page.js",
    "/static/style.css": "style.css",
}
"""Files of the folder static/ by path."""
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-cache"),
)


def pages() -> dict[str, Callable[[], Answer]]:
    """The files by path."""
    return {path: partial(_page, Path(__file__).parent / "static" / name) for path, name in FILES.items()}


def _page(file: Path) -> Answer:
    # Read for each request: they are asked for seldom, and the system keeps them in memory.
    return Answer(file.read_bytes(), content_type=TYPES[file.suffix], headers=HEADERS)
