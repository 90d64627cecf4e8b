"""`types`: the generated project passes mypy --strict and ruff, in the environment that it is served from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ...compiler.node import AnyNode, Made, Node, Work
from ...compiler.tree import Tree
from ...schema.diagnostics import fail
from ..deployment import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """No options."""


def nodes(deployment: Deployment, name: str, options: Options) -> list[AnyNode]:
    def run(work: Work) -> Tree:
        work.cas.materialise(work.inputs["project"], work.folder / "project")
        work.cas.materialise(work.inputs.get("hooks", Tree()).at("src"), work.folder / "project")
        python = work.pythons["env-serve"]
        cache = deployment.store.root / "mypy" / deployment.interpreter.version
        flags = ["--strict", "--explicit-package-bases", "--python-executable", str(python), "--cache-dir", str(cache)]
        _prove(work, name, "mypy", ["mypy", *flags, "src"])
        _prove(work, name, "ruff", ["ruff", "check", "--no-cache", "."])
        _prove(work, name, "ruff", ["ruff", "format", "--check", "--no-cache", "."])
        return work.cas.put_texts({"report.json": '{"mypy": "strict", "ruff": "clean"}\n'})

    return [
        Node(
            name=name,
            kind="check",
            inputs={"project": Made(node="generate"), **deployment.hook_files},
            implementation=deployment.identity.tools("mypy", "ruff"),
            environments=("env-serve",),
            run=run,
        )
    ]


def _prove(work: Work, name: str, tool: str, arguments: Sequence[str]) -> None:
    lines: list[str] = []
    command = [sys.executable, "-I", "-m", *arguments]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(work.folder), "LANG": "C.UTF-8", "NO_COLOR": "1"}
    code = work.processes.run(command, folder=work.folder / "project", environ=environ, log=lines.append)
    if code != 0:
        raise fail(
            "types-failed",
            f"the generated project does not pass {tool}",
            field=("tests", name),
            help="without code of your own in it, this is a bug in deployc",
            notes=["\n".join(lines[-40:])],
        )
