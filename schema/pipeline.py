"""A Python file whose functions are stages, joined to deploy.yaml as if its `stages` had them; it is never run."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .config import PYTHON_FILE
from .diagnostics import Diagnostic, UserError
from .nodes import Mapping, Node, Pair, Scalar
from .python import parse_python
from .scalars import core
from .source import Source, read_source
from .stages import Reader, marked

KEY = "pipeline"


def pipelined(root: Node, folder: Path) -> tuple[Node, tuple[Diagnostic, ...]]:
    """The config with the stages of its `pipeline`, each value at its place in that file, and what is wrong there."""
    pairs = root.pairs if isinstance(root, Mapping) else ()
    named = next((pair.value for pair in pairs if pair.key == KEY), None)
    if not isinstance(root, Mapping) or not isinstance(named, Scalar) or not named.text:
        return root, ()
    if not re.fullmatch(PYTHON_FILE.regex, named.text) or not (folder / named.text).exists():
        return root, ()  # the language says what may stand here, and whether files are there is not its to say
    try:
        source, tree = _parsed(named, folder)
    except UserError as error:
        return root, error.diagnostics
    reader = Reader(source=source, module=module_name(named.text), at=named.span)
    stages = tuple(reader.stages(tuple(marked(tree))))
    return _joined(root, stages, reader.found), tuple(reader.found)


def module_name(path: str) -> str:
    """The import name of a file below deploy.yaml's folder."""
    return ".".join(PurePosixPath(path).with_suffix("").parts)


def _parsed(named: Scalar, folder: Path) -> tuple[Source, ast.Module]:
    source = read_source(folder / named.text, named.text)
    return source, parse_python(source, code="pipeline-syntax")


def _joined(root: Mapping, stages: tuple[Pair, ...], found: list[Diagnostic]) -> Node:
    """The root with further stages; one that deploy.yaml has as well is told and left out."""
    own = next((pair for pair in root.pairs if pair.key == "stages"), None)
    table = own.value if own and isinstance(own.value, Mapping) else None
    if own and not table and not _is_null(own.value):
        return root  # the language says what may stand here
    taken = {pair.key for pair in table.pairs} if table else set()
    kept: list[Pair] = []
    for stage in stages:
        if stage.key in taken:
            text = f"the stage `{stage.key}` is there twice"
            found.append(Diagnostic(code="name-taken", message=text, at=stage.at, help="give it another name"))
        else:
            kept.append(stage)
            taken.add(stage.key)
    if not kept:
        return root
    joined = Mapping(pairs=(*(table.pairs if table else ()), *kept), span=table.span if table else kept[0].at)
    pair = Pair(key="stages", at=own.at if own else kept[0].at, value=joined)
    return replace(root, pairs=(*(each for each in root.pairs if each is not own), pair))


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.quoted and core(node.text) is None
