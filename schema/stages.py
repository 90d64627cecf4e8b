"""The functions of a Python file that are marked as stages, and what their marks say as nodes of deploy.yaml."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from .diagnostics import Diagnostic, Span
from .nodes import Hole, Mapping, Node, Pair, Scalar, Sequence
from .python import Part, span_of
from .source import Source
from .suggest import suggest

MARK, ORIGIN = "stage", "deployc.compiler"
RUNNER = "deployc_stage"
"""The module that calls a stage's function where it runs."""
UNWRITTEN = "this has to be written out, since the file is read without running it"
TAKEN = ("name", "depends_on", "inputs", "outputs")
PASSED = ("requirements", "timeout", "network", "env")
"""What a mark says besides, in the words of `stages` in deploy.yaml."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = tuple[str, Scalar]
"""A path, and before it the parameter that it is for; "" where it is for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A definition with the mark, the mark itself, and the name of its stage."""

    name: str
    node: Function | ast.ClassDef
    mark: ast.expr

    @property
    def arguments(self) -> dict[str, ast.expr]:
        """What the mark says, by keyword."""
        if not isinstance(self.mark, ast.Call):
            return {}
        positional = {"name": self.mark.args[0]} if self.mark.args else {}
        return positional | {keyword.arg: keyword.value for keyword in self.mark.keywords if keyword.arg}


def marked(tree: ast.Module) -> Iterator[Marked]:
    """The definitions at the top of a module that are stages, in their order."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    names = {alias.asname or alias.name for node in imports for alias in node.names if imports_mark(node, alias)}
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef):
            continue
        for mark in node.decorator_list:
            called = mark.func if isinstance(mark, ast.Call) else mark
            if isinstance(called, ast.Name) and called.id in names:
                yield Marked(name=_name(node, mark), node=node, mark=mark)


def imports_mark(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    """Whether this part of an import is that of the mark."""
    return isinstance(node, ast.ImportFrom) and node.module == ORIGIN and not node.level and alias.name == MARK


def _name(node: Function | ast.ClassDef, mark: ast.expr) -> str:
    given = Marked(name="", node=node, mark=mark).arguments.get("name")
    text = given.value if isinstance(given, ast.Constant) else None
    return text if isinstance(text, str) else node.name.strip("_").replace("_", "-")


def _parameters(node: Function | ast.ClassDef) -> tuple[dict[str, ast.arg], set[str]]:
    """The parameters of a function by name, and the names of those that have a default."""
    assert isinstance(node, ast.FunctionDef)
    given = node.args
    optional = {p.arg for p in given.args[len(given.args) - len(given.defaults) :]}
    optional |= {p.arg for p, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default}
    return {p.arg: p for p in (*given.args, *given.kwonlyargs)}, optional


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the stages of one file; what is wrong with them goes to `found`."""

    source: Source
    module: str
    at: Span
    """Where deploy.yaml names the file."""
    found: list[Diagnostic] = field(default_factory=list)

    def stages(self, all_: tuple[Marked, ...]) -> Iterator[Pair]:
        if not all_:
            text = f"no function of {self.source.file} is marked as a stage"
            advice = f"`from {ORIGIN} import {MARK}`, then `@{MARK}` above a function"
            self.found.append(Diagnostic(code="no-stages", message=text, at=self.at, help=advice))
        for each in all_:
            if self._callable(each.node):
                at = self.span(each.node)
                value = Mapping(pairs=tuple(self._pairs(each, all_)), span=at)
                yield Pair(key=each.name, at=at, value=value)

    def _callable(self, node: Function | ast.ClassDef) -> bool:
        starred = isinstance(node, Function) and (node.args.vararg or node.args.kwarg or node.args.posonlyargs)
        if isinstance(node, ast.FunctionDef) and not starred:
            return True
        text = f"`{node.name}` cannot be called with its paths by name"
        self._wrong("stage-function", text, node, "a stage is a function with `def`, without `*`, `**` and `/`")
        return False

    def _pairs(self, stage: Marked, all_: tuple[Marked, ...]) -> Iterator[Pair]:
        """The keys of the stage as `stages` in deploy.yaml has them."""
        said, at, mistakes = stage.arguments, self.span(stage.node), len(self.found)
        self._known(stage)
        before = dict.fromkeys(self._before(said.get("depends_on"), all_))
        made = [path for each in before for path in self._paths(each, "outputs", quiet=True)]
        inputs, outputs = self._paths(stage, "inputs"), self._paths(stage, "outputs")
        given = self._given(stage, made, [*inputs, *outputs]) if len(self.found) == mistakes else ()
        words = [f"{name}={path.text}" for name, path in given]
        command = shlex.join(["python", "-m", RUNNER, self.module, stage.node.name, *words])
        yield Pair(key="run", at=at, value=Scalar(text=command, quoted=True, span=at))
        every = tuple(path for _, path in (*inputs, *made))
        yield Pair(key="inputs", at=self._at(said, "inputs", at), value=Sequence(items=every, span=at))
        yield Pair(key="outputs", at=self._at(said, "outputs", at), value=self._listed(outputs, at))
        for key, value in said.items():
            if key in PASSED:
                yield Pair(key=key, at=self.span(value), value=self._node(value))

    def _known(self, stage: Marked) -> None:
        """Tells arguments that the mark does not take."""
        if not isinstance(stage.mark, ast.Call):
            return
        for keyword in stage.mark.keywords:
            if keyword.arg not in (*TAKEN, *PASSED):
                text = f"`{MARK}` takes no `{keyword.arg or '**'}`"
                self._wrong("stage-argument", text, keyword, suggest(keyword.arg or "", (*TAKEN, *PASSED)))
        named = any(keyword.arg == "name" for keyword in stage.mark.keywords)
        for further in stage.mark.args[0 if named else 1 :]:
            text = f"`{MARK}` takes one name, and all else by keyword"
            self._wrong("stage-argument", text, further, 'such as `outputs=["rows.csv"]`')
        match stage.arguments.get("name"):
            case None | ast.Constant(value=str() | None):
                pass
            case other:
                self._wrong("stage-argument", UNWRITTEN, other)

    def _at(self, said: Map[str, ast.expr], key: str, otherwise: Span) -> Span:
        return self.span(said[key]) if key in said else otherwise

    def _listed(self, paths: list[Named], at: Span) -> Sequence:
        return Sequence(items=tuple(path for _, path in paths), span=next((path.span for _, path in paths), at))

    def _given(self, stage: Marked, made: list[Named], own: list[Named]) -> Iterator[Named]:
        """The paths that the function is called with, by parameter. What the stage says itself comes first."""
        parameters, optional = _parameters(stage.node)
        for name, parameter in parameters.items():
            paths = [path for word, path in own if word == name] or [path for word, path in made if word == name]
            if len(paths) > 1:
                both = " and ".join(path.text for path in paths)
                text = f"`{stage.node.name}` takes `{name}`, which is the name of {both}"
                self._wrong("stage-parameter", text, parameter, "give each a name of its own")
            elif paths:
                yield name, paths[0]
            elif name not in optional:
                text = f"`{stage.node.name}` takes `{name}`, which is no input or output of the stage"
                known = ", ".join(dict.fromkeys(word for word, _ in (*made, *own) if word)) or "none"
                advice = f"name its path in `inputs` or `outputs`; known: {known}"
                self._wrong("stage-parameter", text, parameter, advice)
        for name, path in own:
            if name and name not in parameters:
                text = f"`{stage.node.name}` has no parameter `{name}`"
                advice = suggest(name, parameters) or "a list names files that are no parameters"
                self.found.append(Diagnostic(code="stage-parameter", message=text, at=path.span, help=advice))

    def _before(self, value: ast.expr | None, all_: tuple[Marked, ...]) -> Iterator[Marked]:
        """The stages that this one depends on, named by function or by text."""
        by_function = {each.node.name: each for each in all_}
        by_name = by_function | {each.name: each for each in all_}
        for item in value.elts if isinstance(value, ast.List | ast.Tuple) else [value] if value else []:
            match item:
                case ast.Name(id=name) if name in by_function:
                    yield by_function[name]
                case ast.Constant(value=str(name)) if name in by_name:
                    yield by_name[name]
                case ast.Name(id=name) | ast.Constant(value=str(name)):
                    text = f"`{name}` is no stage of {self.source.file}"
                    advice = suggest(name, by_name) or "what a stage of deploy.yaml makes is named in `inputs`"
                    self._wrong("stage-unknown", text, item, advice)
                case _:
                    self._wrong("stage-argument", "depends_on names functions of this file", item)

    def _paths(self, stage: Marked, key: str, *, quiet: bool = False) -> list[Named]:
        """The paths that an argument of the mark gives."""
        value = stage.arguments.get(key)
        items: list[tuple[ast.expr | None, ast.expr]] = []
        match value:
            case None:
                return []
            case ast.Dict(keys=keys, values=values):
                items = [*zip(keys, values, strict=True)]
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                items = [(ast.Constant(value=""), element) for element in elements]
        found: list[Named] = []
        for name, path in items:
            match name, path:
                case ast.Constant(value=str(word)), ast.Constant(value=str(text)):
                    found.append((word, Scalar(text=text, quoted=True, span=self.span(path))))
        if len(found) < len(items) or not items:
            text = f"`{key}` gives the path of each parameter, written out"
            advice = f'such as {key}={{"rows": "data/rows.csv"}}'
            if not quiet:
                self._wrong("stage-argument", text, value, advice)
        return found

    def _node(self, value: ast.expr) -> Node:
        """A literal as YAML would have it."""
        at = self.span(value)
        match value:
            case ast.Constant(value=bool(flag)):
                return Scalar(text="true" if flag else "false", quoted=False, span=at)
            case ast.Constant(value=str(text)):
                return Scalar(text=text, quoted=True, span=at)
            case ast.Constant(value=int() | float() as number):
                return Scalar(text=str(number), quoted=False, span=at)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return Sequence(items=tuple(map(self._node, elements)), span=at)
        self._wrong("stage-argument", UNWRITTEN, value)
        return Hole(span=at)

    def _wrong(self, code: str, text: str, node: Part, help: str = "") -> None:
        self.found.append(Diagnostic(code=code, message=text, at=self.span(node), help=help))

    def span(self, node: Part) -> Span:
        """Where a node stands; of a definition, its name."""
        return span_of(self.source, node)
