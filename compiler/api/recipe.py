"""The deploy.yaml that `cook` writes, and what becomes of it where the user has edited it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import yaml

from ...schema.diagnostics import UserError, fail

HEAD = "# Written by deployc's cook(). It is yours to edit: what you change here is kept.\n"
Edited = Literal["ask", "keep", "replace"]
"""What `cook` does where deploy.yaml was edited and the call has changed too."""
EDITED: tuple[Edited, ...] = get_args(Edited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a call of `cook` says, for deploy.yaml; paths are relative to it."""

    name: str
    python: str
    code: Sequence[str] = ()
    sample: str = ""
    serve: Mapping[str, object]
    inputs: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, object]]
    tests: Mapping[str, Mapping[str, object]]

    @property
    def text(self) -> str:
        """The file's text: the same call gives the same text."""
        model = {"path": "model/", **({"code": [*self.code]} if self.code else {})}
        whole = {
            "version": 1,
            "name": self.name,
            **({"python": self.python} if self.python else {}),
            "model": {**model, **({"sample": self.sample} if self.sample else {})},
            "serve": {**self.serve},
            **({"inputs": {name: {**said} for name, said in self.inputs.items()}} if self.inputs else {}),
            "targets": {name: {**options} for name, options in self.targets.items()},
            **({"tests": {name: {**options} for name, options in self.tests.items()}} if self.tests else {}),
        }
        return HEAD + yaml.safe_dump(whole, sort_keys=False, default_flow_style=None, allow_unicode=True)


def settled(file: Path, record: Path, text: str, edited: Edited) -> str:
    """What `file` is to say: `text`, or what it says already where the user has edited it.

    `record` holds what the last call said. UserError `recipe-edited`: the user has changed the file and his call as
    well, so that one of both would be lost; `output-in-the-way`: the file was never ours.
    """
    here, last = _read(file), _read(record)
    if here is None or here in (last, text) or edited == "replace":
        return text
    if last != text and edited == "ask":
        raise _lost(file, last, text)
    return here


def keep(file: Path, text: str) -> None:
    """Write a text, unless it is there already."""
    if _read(file) != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _lost(file: Path, last: str | None, text: str) -> UserError:
    if last is None:
        return fail(
            "output-in-the-way",
            f"{file} is not ours, but cook() would write it",
            help="choose another folder, or replace it with `edited='replace'`",
        )
    lines = difflib.unified_diff(last.splitlines(), text.splitlines(), "last call", "this call", lineterm="", n=1)
    return fail(
        "recipe-edited",
        f"{file} was edited by hand, and this call asks for something else than the last one did",
        help="make the change there and pass `edited='keep'`, or replace your edits with `edited='replace'`",
        notes=["\n".join(lines)],
    )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
