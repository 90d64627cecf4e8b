"""What a template of the user's own has to hold: read, not imported, and told at its own lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from ...schema.diagnostics import Diagnostic, Field, Span
from ...schema.source import Source
from ...schema.suggest import suggest
from .catalog import APP

TEMPLATE = "deployc.targets.project.template"
"""The package that templates import the service from."""
FIELD: Field = ("serve", "framework")
FUNCTIONS = {"create_app": ("settings", "load"), "serve": ("settings",)}
"""What `app` has to define, with the names of the parameters."""
OPTIONAL = frozenset({"create_app"})
"""Those that can also be called without arguments."""
START = "`deployc eject --template DIR` writes the framework's own to begin from"

NOT_SERVED = frozenset({APP, "checks", "variants"})
"""Modules of the templates that no service has, or that a framework's take the place of."""

_HERE = Path(__file__).with_name("template")


def check_template(files: Mapping[str, str], folder: str) -> Iterator[Diagnostic]:
    """All mistakes in the modules of a template. `files` are texts by path, `folder` the template's own path."""
    if f"{folder}/{APP}.py" not in files:
        text = f"the template {folder} has no file {APP}.py"
        yield Diagnostic(code="template-contract", message=text, field=FIELD, help=START)
    for path, text in files.items():
        if path.endswith(".py"):
            yield from _module(Source.of(path, text), path.removeprefix(f"{folder}/").removesuffix(".py"))


def _module(source: Source, name: str) -> Iterator[Diagnostic]:
    if name in _modules():
        text = f"a template cannot bring a module `{name}`: the service has one of that name"
        yield _wrong(source.span(0, 0), text, "give the file another name")
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        column = getattr(error, "offset", None) or 1
        at = source.span(line - 1, max(column - 1, 0), max(column, 1))
        yield Diagnostic(code="template-syntax", message=f"this is no Python: {getattr(error, 'msg', error)}", at=at)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(source, node)
    if name == APP:
        yield from _functions(source, tree)
        yield from _constants(source, tree)


def _imports(source: Source, node: ast.Import | ast.ImportFrom) -> Iterator[Diagnostic]:
    at = _span(source, node)
    if isinstance(node, ast.Import):
        if any(alias.name.partition(".")[0] == "deployc" for alias in node.names):
            text = "what a template uses of the service has to be imported by name"
            yield _wrong(at, text, f"write `from {TEMPLATE}.service import Service`")
        return
    module = node.module or ""
    if node.level == 0 and f"{module}.".startswith(f"{TEMPLATE}."):
        yield from _of_ours(source, node, module.removeprefix(TEMPLATE).removeprefix("."))
    elif node.level > 1 or (node.level == 0 and module.partition(".")[0] == "deployc"):
        text = f"a template may import from {TEMPLATE}, from its own folder, and from libraries"
        yield _wrong(at, text, "the generated service stands alone")


def _of_ours(source: Source, node: ast.ImportFrom, module: str) -> Iterator[Diagnostic]:
    """Whether the service has what is imported of it."""
    if module and module not in _modules():
        text = f"the service has no module `{module}`"
        yield _wrong(_span(source, node), text, suggest(module, _modules()))
        return
    known = _names(module) if module else _modules()
    for alias in node.names:
        if alias.name == "*":
            yield _wrong(_span(source, alias), "a template names what it imports", "write the names out")
        elif alias.name not in known:
            text = f"{f'the module `{module}`' if module else 'the service'} has no `{alias.name}`"
            yield _wrong(_span(source, alias), text, suggest(alias.name, known))


def _functions(source: Source, tree: ast.Module) -> Iterator[Diagnostic]:
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for name, parameters in FUNCTIONS.items():
        node, said = defined.get(name), f"def {name}({', '.join(parameters)})"
        if node is None:
            yield _wrong(source.span(0, 0), f"{APP}.py does not define `{said}`", START)
        elif isinstance(node, ast.AsyncFunctionDef) or not _takes(node, parameters, optional=name in OPTIONAL):
            text = f"`{name}` has to be a plain function `{said}`"
            hint = "servers call it without arguments: give its parameters defaults" if name in OPTIONAL else ""
            yield _wrong(_span(source, node, f"def {name}"), text, hint)


def _takes(node: ast.FunctionDef, parameters: tuple[str, ...], *, optional: bool) -> bool:
    """Whether a function can be called with these parameters alone, and with `optional` also without any."""
    found = [*node.args.posonlyargs, *node.args.args]
    needed = len(found) - len(node.args.defaults) + node.args.kw_defaults.count(None)
    named = tuple(argument.arg for argument in found[: len(parameters)]) == parameters
    return named and needed <= (0 if optional else len(parameters))


def _constants(source: Source, tree: ast.Module) -> Iterator[Diagnostic]:
    """REQUIREMENTS is there, and both constants are tuples of texts; requirements are as in PEP 508."""
    found = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    if "REQUIREMENTS" not in found:
        text = f"{APP}.py does not say what it needs"
        yield _wrong(source.span(0, 0), text, 'write `REQUIREMENTS = ("starlette>=0.40",)`, or () for nothing')
    for name in ("REQUIREMENTS", "UNTYPED"):
        if (value := found.get(name)) is None:
            continue
        items = value.elts if isinstance(value, ast.Tuple) else [value]
        texts = [(item, item.value) for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if not isinstance(value, ast.Tuple) or len(texts) < len(items):
            text = f"{name} has to be a tuple of texts, written out"
            yield _wrong(_span(source, value), text, f'such as `{name} = ("starlette",)`')
        elif name == "REQUIREMENTS":
            yield from (d for item, text in texts for d in _requirement(source, item, text))


def _requirement(source: Source, item: ast.expr, text: str) -> Iterator[Diagnostic]:
    try:
        Requirement(text)
    except InvalidRequirement as error:
        message = f"`{text}` is no requirement: {' '.join(str(error).split())}"
        at = _span(source, item)
        yield Diagnostic(code="bad-requirement", message=message, at=at, help='such as "starlette>=0.40"')


def _wrong(at: Span, message: str, help: str) -> Diagnostic:
    return Diagnostic(code="template-contract", message=message, at=at, help=help)


def _span(source: Source, node: ast.stmt | ast.expr | ast.alias, head: str = "") -> Span:
    """The place of a node's first line, or of its first words."""
    line = source.lines[node.lineno - 1]
    # ast counts bytes
    start, end = (len(line.encode()[:n].decode(errors="replace")) for n in (node.col_offset, node.end_col_offset))
    if head:
        return source.span(node.lineno - 1, start, start + len(head))
    return source.span(node.lineno - 1, start, end if node.end_lineno == node.lineno else None)


@cache
def _modules() -> tuple[str, ...]:
    return tuple(sorted({path.stem for path in _HERE.glob("[!_]*.py")} - NOT_SERVED))


@cache
def _names(module: str) -> tuple[str, ...]:
    """What a module of the service defines or imports at its top level."""
    found: set[str] = set()
    for node in ast.parse((_HERE / f"{module}.py").read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return tuple(sorted(name for name in found if not name.startswith("_")))
