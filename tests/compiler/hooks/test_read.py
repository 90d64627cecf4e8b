"""The user's module of hooks is read without being run, and each mistake in it is told at its place."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from deployc.compiler.hooks.contract import Hooks
from deployc.compiler.hooks.modules import Find
from deployc.compiler.hooks.read import files, read
from deployc.schema.codec import decode, encode
from deployc.schema.diagnostics import UserError
from deployc.schema.source import Source

FIELD = ("serve", "hooks", "module")
HEAD = """\
from __future__ import annotations
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Annotated, ClassVar, Literal, Optional, TypedDict
import msgspec
class Colour(Enum):
    red = "r"
    blue = "b"
@dataclass
class Asked:
    age: int
class Made(TypedDict):
    age: float
class Said(msgspec.Struct):
    label: str
"""
LINES = HEAD.count("\n")


def find(sources: Mapping[str, str]) -> Find:
    return lambda path: Source.of(path, sources[path]) if path in sources else None


def hooks(text: str, **others: str) -> Hooks:
    return read("hooks", find({"hooks.py": HEAD + text, **others}), FIELD)


def test_what_hooks_take_and_give() -> None:
    found = hooks("""\
async def startup() -> None: ...
def pre(row: Asked) -> Made: ...
async def post(prediction: str, probabilities: dict[str, float], row: Asked) -> Said: ...
""")
    assert found.startup
    assert found.pre
    assert found.post
    assert found.request
    assert found.made
    assert found.response
    assert (found.startup.awaited, found.pre.awaited, found.post.awaited) == (True, False, True)
    assert (found.post.given, found.post.row) == (("prediction", "probabilities"), True)
    kinds = [(record.name, record.kind) for record in (found.request, found.made, found.response)]
    assert kinds == [("Asked", "dataclass"), ("Made", "TypedDict"), ("Said", "Struct")]


def test_all_rows_at_once_and_a_mapping_for_the_columns() -> None:
    found = hooks("def pre(rows: list[Asked]) -> list[dict[str, object]]: ...\n")
    assert found.pre
    assert found.pre.whole
    assert found.made is None


@pytest.mark.parametrize(
    ("annotation", "example"),
    [
        ("int", 1),
        ("str | None", "text"),
        ("Optional[float]", 1.0),
        ("list[date]", ["2026-01-01"]),
        ("dict[str, bool]", {"key": True}),
        ("Literal['b', 'a']", "b"),
        ("Colour", "r"),
        ("Asked", {"age": 1}),
        ("Annotated[int, msgspec.Meta(ge=18)]", 18),
        ("Annotated[float, msgspec.Meta(lt=0)]", -1),
        ("'int'", 1),
        ("Deep", {"inner": []}),
    ],
)
def test_each_type_has_an_example(annotation: str, example: object) -> None:
    deep = "@dataclass\nclass Deep:\n    inner: list[Deep]\n"
    found = hooks(f"{deep}@dataclass\nclass Row:\n    it: {annotation}\ndef pre(row: Row) -> Made: ...\n")
    assert found.request
    assert [field.example for field in found.request.fields] == [example]


def test_fields_of_classes_that_it_extends_come_first_and_class_variables_are_none() -> None:
    found = hooks("""\
@dataclass
class More(Asked):
    limit: ClassVar[int] = 3
    names: list[str] = field(default_factory=list)
    sort: str = "a"
def pre(row: More) -> Made: ...
""")
    assert found.request
    assert [(f.name, f.default) for f in found.request.fields] == [
        ("age", ""),
        ("names", "field(default_factory=list)"),
        ("sort", "'a'"),
    ]


def test_types_may_stand_in_other_modules_of_the_users() -> None:
    sources = {
        "features/__init__.py": "",
        "features/hooks.py": "from . import types\nfrom .types import Made\n"
        "def pre(row: types.Asked) -> Made: ...\nimport numpy\n",
        "features/types.py": "from dataclasses import dataclass\nfrom lib.base import Base\n"
        "@dataclass\nclass Asked(Base):\n    age: int\n@dataclass\nclass Made:\n    age: int\n",
        "lib/base.py": "from dataclasses import dataclass\n@dataclass\nclass Base:\n    name: str\n",
        "unused.py": "",
    }
    found = read("features.hooks", find(sources), FIELD)
    assert found.request
    assert (found.request.module, [f.name for f in found.request.fields]) == ("features.types", ["name", "age"])
    shipped = ("features/__init__.py", "features/hooks.py", "features/types.py", "lib/base.py")
    assert files("features.hooks", find(sources), FIELD) == found.files == shipped


@pytest.mark.parametrize(
    ("text", "code", "line", "marked"),
    [
        ("def pre(row: Asked) -> Made: ...\ndef post(row) -> Said: ...\n", "hook-annotation", 2, "row"),
        ("def pre(row: Asked): ...\n", "hook-annotation", 1, "pre"),
        ("def startup(settings: int) -> None: ...\n", "hook-parameter", 1, "settings: int"),
        ("def pre(record: Asked) -> Made: ...\n", "hook-parameter", 1, "record: Asked"),
        ("def pre(row: Asked, more: int) -> Made: ...\n", "hook-parameter", 1, "more: int"),
        ("def pre() -> Made: ...\n", "hook-parameter", 1, "pre"),
        ("def post(predicton: str) -> Said: ...\n", "hook-parameter", 1, "predicton: str"),
        ("def post(*row: Asked) -> Said: ...\n", "hook-parameter", 1, "row: Asked"),
        ("def post(prediction: str, /) -> Said: ...\n", "hook-parameter", 1, "prediction: str"),
        ("def startup() -> int: ...\n", "hook-type", 1, "int"),
        ("def pre(row: Aksed) -> Made: ...\n", "hook-type", 1, "Aksed"),
        ("def pre(row: int) -> Made: ...\n", "hook-type", 1, "int"),
        ("def pre(rows: Asked) -> list[Made]: ...\n", "hook-type", 1, "Asked"),
        ("def post(prediction: str) -> str: ...\n", "hook-type", 1, "str"),
        ("def pre(row: Asked) -> Made: ...\ndef post(row: Said) -> Said: ...\n", "hook-type", 2, "Said"),
        (
            "import re\n@dataclass\nclass R:\n    it: re.Pattern\ndef pre(row: R) -> Made: ...\n",
            "hook-type",
            4,
            "re.Pattern",
        ),
        ("@dataclass\nclass R:\n    it: int = int()\ndef pre(row: R) -> Made: ...\n", "hook-type", 3, "int()"),
        ("class R(TypedDict, total=False):\n    it: int\ndef pre(row: R) -> Made: ...\n", "hook-type", 1, "False"),
        ("def pre(row: 'Asked[') -> Made: ...\n", "hook-type", 1, "'Asked['"),
        ("def pre(row: Asked) -> Made:\n    yield row\n", "hook-kind", 2, "yield row"),
        ("async def pre(row: Asked) -> Made:\n    yield row\n", "hook-kind", 2, "yield row"),
        ("class pre: ...\n", "hook-kind", 1, "pre"),
        ("post = len\n", "hook-kind", 1, "post = len"),
        ("def prep(row: Asked) -> Made: ...\n", "hook-missing", 1, "prep"),
        ("def pre(row: Asked -> Made: ...\n", "hook-syntax", 1, "-> Made: ..."),
    ],
)
def test_each_mistake_is_told_at_its_place(text: str, code: str, line: int, marked: str) -> None:
    with pytest.raises(UserError) as raised:
        hooks(text)
    (said,) = raised.value.diagnostics
    assert said.at
    assert (said.code, said.at.file, said.at.line - LINES) == (code, "hooks.py", line)
    assert said.at.text[said.at.column - 1 : said.at.end - 1] == marked


def test_a_module_that_is_not_there_is_told_at_its_key() -> None:
    with pytest.raises(UserError) as raised:
        read("features.hooks", find({"features/hook.py": ""}), FIELD)
    (said,) = raised.value.diagnostics
    assert (said.code, said.field) == ("hook-module", FIELD)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UserError) as raised:
        hooks("def startup(x: int) -> None: ...\ndef pre(row) -> Made: ...\n")
    assert [said.code for said in raised.value.diagnostics] == ["hook-parameter", "hook-annotation"]


def test_what_hooks_are_does_not_depend_on_where_they_stand() -> None:
    text = """\
async def startup() -> None: ...
def pre(row: Asked) -> Made: ...
def post(prediction: str, row: Asked) -> Said: ...
"""
    found, moved = hooks(text), hooks("# a comment\n\n" + text)
    assert found != moved
    assert found.without_places() == moved.without_places()
    assert decode(Hooks, json.loads(json.dumps(encode(found.without_places())))) == found.without_places()
    assert found.without_places() != hooks(text.replace("row: Asked) -> Said", "row: Asked) -> Made")).without_places()
