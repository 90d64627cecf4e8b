"""The pass that writes the fields of a template's class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from .source import definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One annotated field: an identifier, a type's text, and a default's text or nothing."""

    name: str
    annotation: str
    default: str = ""

    @property
    def text(self) -> str:
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default else "")


def write_fields(module: cst.Module, name: str, fields: Sequence[Field]) -> cst.Module:
    """The module whose class `name` has these fields in place of its own; ValueError when there is no such class."""
    found = _class(module, name)
    body = found.body.body
    at = next((i for i, s in enumerate(body) if _is_field(s)), len(body))
    written = [cst.parse_statement(field.text) for field in fields]
    kept = [s for s in body[at:] if not _is_field(s)]
    block = [*body[:at], *written, *kept] or [cst.parse_statement("pass")]
    changed = found.with_changes(body=found.body.with_changes(body=block))
    return module.with_changes(body=[changed if s is found else s for s in module.body])


def same_bases(module: cst.Module, name: str, other: str) -> cst.Module:
    """The module whose class `name` extends what the class `other` extends, in the same way."""
    found, like = _class(module, name), _class(module, other)
    changed = found.with_changes(bases=like.bases, keywords=like.keywords)
    return module.with_changes(body=[changed if s is found else s for s in module.body])


def without_keyword(module: cst.Module, name: str, keyword: str) -> cst.Module:
    """The module whose class `name` is made without a keyword, such as `frozen`."""
    found = _class(module, name)
    kept = [argument for argument in found.keywords if argument.keyword is None or argument.keyword.value != keyword]
    # A comma that nothing follows would have the formatter write each keyword on a line of its own.
    kept[-1:] = [argument.with_changes(comma=cst.MaybeSentinel.DEFAULT) for argument in kept[-1:]]
    changed = found.with_changes(keywords=kept)
    return module.with_changes(body=[changed if s is found else s for s in module.body])


def _class(module: cst.Module, name: str) -> cst.ClassDef:
    found = definitions(module.body).get(name)
    if not isinstance(found, cst.ClassDef) or not isinstance(found.body, cst.IndentedBlock):
        raise ValueError(f"the template has no class {name}")
    return found


def _is_field(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.AnnAssign()]):
            return True
    return False
