"""Reads the user's module of hooks: its functions and their annotations, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...schema.diagnostics import Diagnostic, Field, UserError
from ...schema.suggest import nearest
from .annotations import Scope, wrong
from .contract import GIVEN, Hook, Hooks, Record
from .modules import Find, Module, collect
from .records import Records

NAMES = ("startup", "pre", "post")
MAPPINGS = ("dict", "Mapping", "collections.abc.Mapping", "typing.Mapping", "typing.Dict")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def read(name: str, find: Find, field: Field) -> Hooks:
    """The hooks of a module; UserError has all that is wrong with them, each at its line. `field` names the module."""
    modules = collect(name, find, field, code="hook-syntax")
    module = modules[name]
    reader = _Reader(module, Records(Scope(modules)))
    functions = dict(_functions(module))
    if not functions:
        raise UserError(_none(module, field))
    mistakes: list[Diagnostic] = []
    found = Hooks(module=name, files=_paths(modules))
    for hook, add in (("startup", reader.startup), ("pre", reader.pre), ("post", reader.post)):
        if hook in functions:
            try:
                found = add(functions[hook], found)
            except UserError as error:
                mistakes += error.diagnostics
    if mistakes:
        raise UserError(*mistakes)
    return found


def _functions(module: Module) -> Iterator[tuple[str, Function]]:
    for node in module.tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name in NAMES:
                yield node.name, node
            case ast.ClassDef(name=name) if name in NAMES:
                raise wrong("hook-kind", f"`{name}` is a class: a hook is a function", module, node)
            case ast.Assign(targets=[ast.Name(id=name)]) if name in NAMES:
                raise wrong(
                    "hook-kind", f"`{name}` is a value: a hook is a function", module, node, "write it with `def`"
                )


def _none(module: Module, field: Field) -> Diagnostic:
    """What is said of a module without hooks, at the function that may have been meant."""
    text = f"`{module.path}` has none of the functions {', '.join(NAMES)}"
    for node in module.tree.body:
        if isinstance(node, Function) and (near := nearest(node.name, NAMES)):
            return Diagnostic(code="hook-missing", message=text, at=module.span(node), help=f"did you mean `{near}`?")
    return Diagnostic(code="hook-missing", message=text, field=field)


@dataclass(frozen=True, slots=True)
class _Reader:
    module: Module
    records: Records

    def startup(self, node: Function, found: Hooks) -> Hooks:
        if parameters := _parameters(node):
            raise wrong("hook-parameter", "`startup` takes nothing", self.module, parameters[0])
        returns = self._returns(node)
        if not (isinstance(returns, ast.Constant) and returns.value is None):
            raise wrong("hook-type", "`startup` returns nothing", self.module, returns, "write `-> None`")
        return replace(found, startup=self._hook(node))

    def pre(self, node: Function, found: Hooks) -> Hooks:
        parameters = _parameters(node)
        names = [p.arg for p in parameters]
        if names not in (["row"], ["rows"]):
            text = "`pre` takes `row`, one row of a request, or `rows`, all rows of it"
            at = parameters[len(parameters) > 1] if parameters else node
            raise wrong("hook-parameter", text, self.module, at)
        whole = names == ["rows"]
        request = self._one(self._annotation(parameters[0]), whole)
        returned = self._one(self._returns(node), whole)
        return replace(
            found,
            pre=replace(self._hook(node), whole=whole),
            request=self.records.record(self.module, request),
            made=None if self._mapping(returned) else self.records.record(self.module, returned),
        )

    def post(self, node: Function, found: Hooks) -> Hooks:
        parameters = {p.arg: p for p in _parameters(node)}
        for name, parameter in parameters.items():
            if name != "row" and name not in GIVEN:
                near = nearest(name, ("row", *GIVEN))
                hint = f"did you mean `{near}`? " if near else ""
                text = f"`post` cannot be given `{name}`"
                raise wrong("hook-parameter", text, self.module, parameter, f"{hint}it takes: row, {', '.join(GIVEN)}")
            self._annotation(parameter)
        request = found.request
        if "row" in parameters:
            request = self._same(parameters["row"], found)
        hook = replace(
            self._hook(node), row="row" in parameters, given=tuple(name for name in parameters if name != "row")
        )
        response = self.records.record(self.module, self._returns(node))
        return replace(found, post=hook, request=request, response=response)

    def _same(self, parameter: ast.arg, found: Hooks) -> Record:
        """The class of the row, which is the same for `pre` and `post`."""
        annotation = self._annotation(parameter)
        record = self.records.record(self.module, annotation)
        if found.pre and found.request and record != found.request:
            text = f"`pre` takes rows of the class {found.request.name}, and so has `post` to"
            raise wrong("hook-type", text, self.module, annotation)
        return record

    def _hook(self, node: Function) -> Hook:
        for parameter in (*node.args.posonlyargs, node.args.vararg, node.args.kwarg):
            if parameter:
                text = f"`{parameter.arg}` cannot be given by its name"
                raise wrong("hook-parameter", text, self.module, parameter, "take it without `*` and `/`")
        for inner in _own(node):
            if isinstance(inner, ast.Yield | ast.YieldFrom):
                raise wrong(
                    "hook-kind", f"`{node.name}` is a generator: a hook returns what it gives", self.module, inner
                )
        return Hook(awaited=isinstance(node, ast.AsyncFunctionDef), at=self.module.span(node))

    def _annotation(self, parameter: ast.arg) -> ast.expr:
        if parameter.annotation is None:
            text = f"`{parameter.arg}` has no annotation, which says what a request holds"
            raise wrong("hook-annotation", text, self.module, parameter)
        return self.records.scope.parsed(self.module, parameter.annotation)

    def _returns(self, node: Function) -> ast.expr:
        if node.returns is None:
            raise wrong("hook-annotation", f"`{node.name}` does not say what it returns", self.module, node)
        return self.records.scope.parsed(self.module, node.returns)

    def _one(self, annotation: ast.expr, whole: bool) -> ast.expr:
        """The type of one row: of `list[Row]`, where all rows are meant, what stands in the brackets."""
        match annotation:
            case ast.Subscript(value=ast.Name(id="list"), slice=inner) if whole:
                return inner
        if whole:
            raise wrong("hook-type", "`pre` of `rows` takes and returns lists", self.module, annotation, "list[...]")
        return annotation

    def _mapping(self, annotation: ast.expr) -> bool:
        head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        place = self.records.scope.place(self.module, head)
        return bool(place and place.full in MAPPINGS)


def _parameters(node: Function) -> list[ast.arg]:
    """What a function has to be given, also what it would take any number of."""
    given = node.args
    stars = [found for found in (given.vararg, given.kwarg) if found]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *stars]


def _own(node: Function) -> Iterator[ast.AST]:
    """What stands in a function but not in functions within it."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, Function | ast.Lambda):
            waiting += ast.iter_child_nodes(current)


def files(name: str, find: Find, field: Field) -> tuple[str, ...]:
    """Paths of the module of hooks and of all of the user's own files that it imports."""
    return _paths(collect(name, find, field, code="hook-syntax"))


def _paths(modules: Mapping[str, Module]) -> tuple[str, ...]:
    return tuple(sorted({module.path for module in modules.values()}))
