"""What a deployment's name becomes: package, command, environment variables."""

from __future__ import annotations

import keyword
import sys
from dataclasses import dataclass

from ...schema.diagnostics import fail

VERSION = "1.0.0"
"""Of the generated package: what tells two builds apart is the model's digest."""

FRONT = frozenset(
    {
        *("__main__", "about", "app", "asgi", "batches", "connections", "counts", "deadlines", "describing"),
        *("ending", "exchange", "express", "heads", "index", "info", "keys", "logs", "metrics", "openapi", "origins"),
        *("pages", "payloads", "predictor", "problems", "processes", "queued", "recording", "redacting", "resuming"),
        *("service", "settings", "shortcut", "spelling", "threads", "tracing", "web"),
    }
)
"""Modules that a service of several models may have beside their packages."""


def package_of(model: str) -> str:
    """The package of one of several models, below that of the service, which may have a module of that name."""
    package = Names.of(model).package
    return f"{package}_" if package in FRONT else package


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """All names that are made of the deployment's name."""

    name: str
    package: str
    command: str
    score: str
    """The command that scores files; of several models each has one."""
    prefix: str
    """Of environment variables, with the _ at its end."""

    @classmethod
    def of(cls, name: str) -> Names:
        package = name.replace("-", "_")
        return cls(
            name=name, package=package, command=f"{name}-serve", score=f"{name}-score", prefix=f"{package.upper()}_"
        )

    def score_of(self, model: str) -> str:
        """The command that scores files with one of several models."""
        return f"{self.name}-{model}-score"

    def check(self, modules: frozenset[str]) -> None:
        """UserError when the package would hide a module: Python's own, a library's, or one of the user's."""
        if keyword.iskeyword(self.package):
            hidden = "is a word of Python's grammar"
        elif self.package in sys.stdlib_module_names:
            hidden = "is a module of Python's standard library"
        elif self.package in modules:
            hidden = "is a module that the service needs"
        else:
            return
        message = f"the name `{self.name}` makes a package `{self.package}`, which {hidden}"
        raise fail("name-taken", message, field=("name",), help=f"such as `{self.name}-service`")
