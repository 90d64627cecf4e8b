"""Where a test asks the service: the project in its locked environment, or a container of an image target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ...compiler.node import Input, Made, Work
from ...schema.config import Config
from ...schema.constraints import Doc, Pattern
from ...schema.diagnostics import Diagnostic
from ..catalogs import TARGETS
from ..deployment import PROJECT, Deployment
from .booted import Service, booted

HERE = "project"

In = Annotated[
    str,
    Pattern(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", "`project`, or the name of an image target"),
    Doc("Where the service runs: in its locked environment, or as a container of an image target that is named."),
]


def mistakes(config: Config, test: str, place: str) -> Iterator[Diagnostic]:
    """What is wrong with a test's option `in`."""
    made = [name for name, entry in config.targets.items() if _makes_image(entry.kind)]
    if place != HERE and place not in made:
        known = ", ".join((HERE, *made))
        text = f"no target `{place}` makes an image"
        yield Diagnostic(code="unknown-image", message=text, field=("tests", test, "in"), help=f"known: {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one test asks."""

    deployment: Deployment
    test: str
    name: str
    """`project`, or the target."""

    @property
    def inputs(self) -> Mapping[str, Input]:
        """The project as the input "project", and the image target's tree as "image", where it is one."""
        return {"project": PROJECT} | ({} if self.name == HERE else {"image": Made(node=self.name)})

    @property
    def params(self) -> Mapping[str, str]:
        return {} if self.name == HERE else {"in": self.name}

    @property
    def environments(self) -> tuple[str, ...]:
        """What the service needs of this machine."""
        return ("env-serve",) if self.name == HERE else ()

    def service(self, work: Work, project: Path) -> AbstractContextManager[Service]:
        """The running service, once it is ready; `project` holds the project. Unproved where there is no engine."""
        if self.name == HERE:
            return booted(work, project, self.deployment, field=("tests", self.test))
        # docker takes longer to import than a build with nothing to do
        from .contained import answers, contained

        answers(self.deployment, ("tests", self.test))
        return contained(work, self.deployment, self.name, field=("tests", self.test))


def _makes_image(kind: str) -> bool:
    return hasattr(TARGETS.load(kind), "loaded")
