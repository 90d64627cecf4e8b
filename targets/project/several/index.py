"""The page for people at the service's root, which leads to those of the models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from ..template.info import NAME
from ..template.pages import HEADERS
from ..template.web import Answer

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{name}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="static/style.css">
</head>
<body>
  <header>
    <h1>{name}</h1>
    <nav aria-label="About this service">
      <a href="docs">Routes</a>
      <a href="openapi.json">OpenAPI</a>
      <a href="info">Info</a>
    </nav>
  </header>
  <main>
    <h2>Models</h2>
    <ul>
{models}
    </ul>
  </main>
</body>
</html>
"""


def index(models: Iterable[str]) -> dict[str, Callable[[], Answer]]:
    """The page by its path."""
    links = "\n".join(f'      <li><a href="{name}/page">{name}</a></li>' for name in models)
    body = PAGE.format(name=NAME, models=links).encode()
    return {"/": partial(Answer, body, content_type="text/html; charset=utf-8", headers=HEADERS)}


def shortened(models: Iterable[str]) -> dict[str, Callable[[], Answer]]:
    """What sends a browser that asks for no more than a model's name on to its page."""
    return {f"/{name}": partial(Answer, b"", 307, headers=(("location", f"{name}/page"),)) for name in models}
