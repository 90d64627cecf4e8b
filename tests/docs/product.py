"""What the product's own sources say that the pages have to tell: error codes, keys of deploy.yaml, commands."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from deployc.compiler.cli import commands
from deployc.schema.codec import encode
from deployc.schema.config import Config
from deployc.schema.shapes import FieldShape, Items, KindTable, Record, Shape, Table, options_of, record_of
from deployc.targets.catalogs import catalogs

from .pages import ROOT

TEMPLATES = ("template", "frameworks", "flavors", "optimizers")
"""Folders below targets/project whose code becomes the generated service's: its errors are another list."""


def diagnostic_codes() -> frozenset[str]:
    """Every code that a diagnostic of deployc may have."""
    files = (path for folder in ("schema", "compiler", "targets") for path in (ROOT / folder).rglob("*.py"))
    return frozenset(code for path in files if not _template(path) for code in _codes(path))


def service_codes() -> frozenset[str]:
    """Every code that the generated service's own code puts into an answer."""
    files = (path for path in (ROOT / "targets" / "project").rglob("*.py") if _template(path))
    calls = (node for path in files for node in _calls(path))
    named = ((_name(call), call.args) for call in calls)
    texts = (args[1 if name == "Rejected" else 0] for name, args in named if name in ("Rejected", "Problem"))
    return frozenset(str(text.value) for text in texts if isinstance(text, ast.Constant))


def _template(path: Path) -> bool:
    below = path.relative_to(ROOT).parts
    return below[:2] == ("targets", "project") and below[2] in TEMPLATES


def _calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _codes(path: Path) -> Iterator[str]:
    """Codes that one module gives: to `fail`, to Diagnostic, and to its own functions with a parameter `code`."""
    takers = {"fail": 0, "Diagnostic": -1, **_imported_takers(path), **_takers(path)}
    for call in _calls(path):
        keyword = next((k.value for k in call.keywords if k.arg == "code"), None)
        if isinstance(keyword, ast.Constant):
            yield str(keyword.value)
        elif _name(call) in takers:
            place = takers[_name(call)]
            given = keyword or (call.args[place] if 0 <= place < len(call.args) else None)
            yield from _read(given, f"{path.relative_to(ROOT)}:{call.lineno}")


def _takers(path: Path) -> dict[str, int]:
    """The module's own functions that take a code, and at which place."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            taken = [a for a in node.args.args if a.arg != "self"]
            codes = [n for n, a in enumerate(taken) if a.arg == "code" and _annotation(a) == "str"]
            if codes and node.name != "fail":
                found[node.name] = codes[0]
    return found


def _imported_takers(path: Path) -> dict[str, int]:
    """Such functions of modules beside it that the module imports."""
    imports = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    beside = {n: path.with_name(f"{i.module}.py") for i in imports if i.level == 1 for n in (a.name for a in i.names)}
    return {name: _takers(file)[name] for name, file in beside.items() if file.exists() and name in _takers(file)}


def _annotation(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""


def _read(given: ast.expr | None, place: str) -> Iterator[str]:
    match given:
        case ast.Constant(value=str(code)):
            yield code
        case ast.Name(id="code") | ast.Attribute(attr="code"):
            return  # handed on: its origin is a call of its own
        case ast.JoinedStr(values=[ast.Constant(value="unknown-"), _]):
            yield from (f"unknown-{name.removesuffix('s')}" for name in catalogs())
        case _:
            raise AssertionError(f"{place}: this test cannot read the code given here")


def key_table() -> str:
    """Every key of deploy.yaml as a table in Markdown."""
    rows = ["| key | value | default | |", "|---|---|---|---|", *_rows(record_of(Config), "")]
    return "\n".join(rows) + "\n"


def _rows(record: Record, prefix: str) -> Iterator[str]:
    for name, field in record.fields.items():
        path = f"{prefix}{name}"
        yield f"| `{path}` | {_words(field.shape)} | {_default(field)} | {field.doc} |"
        yield from _below(field.shape, path)


def _below(shape: Shape, path: str) -> Iterator[str]:
    match shape.whole:
        case Record():
            yield from _rows(shape.whole, f"{path}.")
        case Table(value=Shape(whole=Record() as record)):
            yield from _rows(record, f"{path}.NAME.")
        case KindTable(catalog=catalog):
            known = catalogs()[catalog]
            kinds = ", ".join(f"`{kind}`" for kind in sorted(known))
            yield f"| `{path}.NAME.kind` | {kinds} | NAME | Its kind, where that is not its name. |"
            for kind in sorted(known):
                options = options_of(known, kind)
                yield f"| `{path}.{kind}` | mapping | | {options.doc} |"
                yield from _rows(options, f"{path}.{kind}.")


def _words(shape: Shape) -> str:
    parts = []
    if shape.choice:
        parts.append(", ".join(f"`{name}`" for name in sorted(catalogs()[shape.choice.catalog])))
        parts += ["a folder of your own, as ./FOLDER/"] if shape.choice.folders else []
    elif shape.literals is not None:
        parts.append(" or ".join(f"`{value}`" for value in shape.literals))
    elif shape.patterns:
        parts += [pattern.words for pattern in shape.patterns]
    else:
        names = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
        parts += [words for type_, words in names.items() if type_ in shape.types]
    if (shape.minimum, shape.maximum) != (None, None):
        parts[-1] += f" from {shape.minimum}" + ("" if shape.maximum is None else f" to {shape.maximum}")
    parts += ["nothing"] if "null" in shape.types and not shape.whole and not parts else []
    match shape.whole:
        case Items(item=item):
            parts.append(f"list of: {_words(item)}")
        case Table(value=Shape(whole=Record())) | KindTable():
            parts.append("mapping of names to mappings")
        case Table():
            parts.append("mapping of names to values")
        case Record():
            parts.append("mapping")
    return " or ".join(parts)


def _default(field: FieldShape) -> str:
    if field.required:
        return "required"
    return f"`{json.dumps(encode(field.default)).strip(chr(34))}`" if field.tells else ""


def parsers() -> Mapping[str, argparse.ArgumentParser]:
    """Each command's parser, as its module declares it."""
    found = {}
    for module in pkgutil.iter_modules([str(Path(str(commands.__file__)).parent)]):
        command = importlib.import_module(f"{commands.__name__}.{module.name}")
        parser = argparse.ArgumentParser(prog=f"deployc {module.name}", description=command.__doc__)
        command.arguments(parser)
        found[module.name] = parser
    return found


def option_table(parser: argparse.ArgumentParser) -> str:
    """A command's arguments as a table in Markdown; empty where it has none."""
    rows = [
        f"| `{_spelled(action)}` | {(action.help or '').replace('|', chr(92) + '|')} |"
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction)
    ]
    return "\n".join(["| argument | |", "|---|---|", *rows]) + "\n" if rows else "It takes no arguments.\n"


def _spelled(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    if not action.option_strings:
        return f"[{value}]" if action.nargs == "?" else value
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"
