"""The files of the pages for people that a project has."""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.model_spec import ModelSpec
from ...schema.config import Config
from .catalog import HERE, facts

ASKING = ("page.html", "page.js", "answer.js", "card.js", "code.js", "form.js")
"""What goes with `serve.page: false`; the rest is the documentation's too."""


def files(config: Config) -> dict[str, str]:
    """The files' names by path."""
    every = facts("template", "pages")["FILES"]
    assert isinstance(every, dict)
    return {path: name for path, name in every.items() if config.serve.page or name not in ASKING}


def texts(config: Config) -> Mapping[str, str]:
    """The files' texts by name."""
    folder = HERE / "template" / "static"
    return {name: (folder / name).read_text(encoding="utf-8") for name in files(config).values()}


def report(spec: ModelSpec, config: Config) -> str:
    """The path, below the service's own, of the report on the model's training; empty where it is not served."""
    return f"report/{spec.report}" if spec.report and config.serve.page else ""


def dropped(spec: ModelSpec, config: Config) -> frozenset[str]:
    """What of the templates goes where there is no report."""
    return frozenset() if report(spec, config) else frozenset({"report_pages"})
