"""Stages that are functions of the user's: what each of them reaches, as a node whose tree its command starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..schema.diagnostics import Field
from ..schema.pipeline import KEY, module_name
from ..schema.source import Source
from ..schema.stages import RUNNER, marked
from .hooks.modules import collect, on_disk
from .node import Files, Node, Work
from .tree import Tree

FIELD: Field = (KEY,)

CALL = """\
import importlib
import sys
from pathlib import Path

module, function, *given = sys.argv[1:]
paths = {name: Path(path) for name, _, path in (word.partition("=") for word in given)}
for path in paths.values():
    path.parent.mkdir(parents=True, exist_ok=True)
getattr(importlib.import_module(module), function)(**paths)
"""
"""The runner. It is in the key of every such stage, so that another text would run all of them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """The functions of a pipeline by stage, and the files that they may import."""

    path: str
    by_stage: Mapping[str, str]
    files: tuple[str, ...]

    def node(self, stage: str, tools: tuple[str, ...]) -> Node:
        """The node of the code that a stage runs: its function with what that reaches, and the modules of the user's
        that the pipeline imports.
        """
        function = self.by_stage[stage]

        def run(work: Work) -> Tree:
            # libcst takes longer to import than most commands to run
            from .pruning import pruned

            tree = work.inputs[""]
            text = pruned(work.cas.text(tree, self.path), function)

            def find(path: str) -> Source | None:
                if path not in tree:
                    return None
                return Source.of(path, text if path == self.path else work.cas.text(tree, path))

            reached = {
                module.path for module in collect(module_name(self.path), find, FIELD, code="pipeline-syntax").values()
            }
            others = Tree.of(entry for entry in tree if entry.path in reached)
            return others | work.cas.put_texts({self.path: text, f"{RUNNER}.py": CALL})

        return Node(
            name=code_of(stage),
            inputs={"": Files(globs=self.files)},
            params={"function": function},
            implementation=tools,
            run=run,
        )


def code_of(stage: str) -> str:
    """The name of that node."""
    return f"code-{stage}"


def functions(path: str | None, root: Path) -> Functions:
    """The functions of the file that deploy.yaml's `pipeline` names; none without one. UserError as `collect`."""
    if path is None:
        return Functions(path="", by_stage={}, files=())
    modules = collect(module_name(path), on_disk(root), FIELD, code="pipeline-syntax")
    found = {each.name: each.node.name for each in marked(modules[module_name(path)].tree)}
    return Functions(path=path, by_stage=found, files=tuple(sorted(module.path for module in modules.values())))
