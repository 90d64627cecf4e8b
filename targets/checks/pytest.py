"""`pytest`: the user's own tests pass against the running service, whose address is in SERVICE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from ...compiler.lock.wanted import Wish
from ...compiler.node import AnyNode, Files, Node, Work
from ...compiler.sandbox import clean_environ
from ...compiler.tree import Tree
from ...schema.config import Config, Path
from ...schema.constraints import Doc
from ...schema.diagnostics import Diagnostic, fail
from ..deployment import Deployment
from .places import HERE, In, Place, mistakes

FILES = ("inputs",)
"""Options that name files of the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which tests to run, and with what."""

    inputs: Annotated[tuple[Path, ...], Doc("Test files, and what they read.")]
    requirements: Annotated[tuple[str, ...], Doc("Requirements of the tests, besides pytest.")] = ()
    in_: In = HERE


def check(config: Config, name: str, options: Options) -> Iterator[Diagnostic]:
    """What is wrong with the options."""
    return mistakes(config, name, options.in_)


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    field, place = ("tests", name), Place(deployment=deployment, test=name, name=options.in_)

    def run(work: Work) -> Tree:
        project, tests = work.folder / "project", work.folder / "tests"
        work.cas.materialise(work.inputs["project"], project, shared=True)
        work.cas.materialise(work.inputs[""], tests)
        python = work.pythons[f"env-{name}"]
        with place.service(work, project) as service:
            passed = {"SERVICE_URL": service.url, **({"SERVICE_API_KEY": service.key} if service.key else {})}
            environ = clean_environ(python=python, home=work.folder, passed=passed)
            lines: list[str] = []
            command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "."]
            code = work.processes.run(command, folder=tests, environ=environ, log=lines.append)
        if code != 0:
            text = "no test was found" if code == 5 else "the tests do not pass against the built service"
            raise fail("pytest-failed", text, field=field, notes=["\n".join(lines[-60:])])
        return work.cas.put_texts({"report.txt": "\n".join(lines[:-1]) + "\n"})

    own = [Wish(text=text, origin=f"tests.{name}", field=(*field, "requirements")) for text in options.requirements]
    wishes = (Wish(text="pytest", origin=f"tests.{name}", field=field), *own)
    return [
        *deployment.environment(name, wishes),
        Node(
            name=name,
            kind="check",
            inputs={**place.inputs, "": Files(globs=options.inputs)},
            params=place.params,
            implementation=deployment.identity.tools(),
            environments=(*place.environments, f"env-{name}"),
            run=run,
        ),
    ]
