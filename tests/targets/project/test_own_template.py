"""A template of the user's own: what it makes, and what is told of one that does not hold to its contract."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest
from deployc.compiler.cas import Cas
from deployc.schema.diagnostics import UserError
from deployc.schema.render import terminal
from deployc.targets import project
from deployc.targets.catalogs import FRAMEWORKS
from deployc.targets.project import template_source
from deployc.targets.project.contract import check_template

from .space import REGRESSOR, REGRESSOR_OUTPUTS, config, files

HEAD = """REQUIREMENTS = ("starlette",)
def create_app(settings=None, load=None): ...
def serve(settings): ...
"""


def told(text: str, **others: str) -> list[str]:
    """The diagnostics of a template whose app.py holds the text, without their excerpts."""
    texts = {"mine/app.py": text, **{f"mine/{name}.py": other for name, other in others.items()}}
    return [f"{d.at.line}:{d.at.column} {d.message}" if d.at else d.message for d in check_template(texts, "mine")]


def generated(folder: Path, template: Mapping[str, str]) -> dict[str, str]:
    cas = Cas(folder / "cas")
    deploy = config(framework="./mine/")
    tree = project.generate(spec=REGRESSOR, outputs=REGRESSOR_OUTPUTS, config=deploy, cas=cas, template=template)
    return {entry.path: cas.text(tree, entry.path) for entry in tree}


@pytest.mark.parametrize(
    "framework", [pytest.param(n, marks=() if n == "asgi" else pytest.mark.slow) for n in FRAMEWORKS.names()]
)
def test_what_is_ejected_holds_to_the_contract_and_makes_the_same(framework: str, tmp_path: Path) -> None:
    source = template_source(framework)
    assert told(source) == []
    ours = {**files(tmp_path / "ours", REGRESSOR, REGRESSOR_OUTPUTS, config(framework=framework))}
    made = generated(tmp_path, {"app": source})
    # a line that was too long with full names stays broken
    app = "src/churn/app.py"
    assert ast.dump(ast.parse(made.pop(app))) == ast.dump(ast.parse(ours.pop(app)))
    assert made == ours


@pytest.mark.slow
def test_modules_beside_it_come_along_whole(tmp_path: Path) -> None:
    app = template_source("asgi").replace("import logging", "import logging\nfrom .own import used", 1) + "used()\n"
    made = generated(tmp_path, {"app": app, "own": "def used() -> None: ...\n\n\ndef not_used() -> None: ...\n"})
    assert "from .own import used" in made["src/churn/app.py"]
    assert "not_used" in made["src/churn/own.py"]


def test_what_it_needs_is_locked() -> None:
    template = {"app": HEAD.replace("starlette", "quart>=0.20")}
    needs = project.requirements(config(framework="./mine/"), REGRESSOR, template)
    assert "quart>=0.20" in [need.name + need.specifier for need in needs]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", "1:7 this is no Python: invalid syntax"),
        (HEAD.replace("def serve", "def server"), "1:1 app.py does not define `def serve(settings)`"),
        (HEAD.replace("def serve", "async def serve"), "3:1 `serve` has to be a plain function `def serve(settings)`"),
        (HEAD.replace("serve(settings)", "serve()"), "3:1 `serve` has to be a plain function `def serve(settings)`"),
        (
            HEAD.replace("settings=None, load=None", "settings, load"),
            "2:1 `create_app` has to be a plain function `def create_app(settings, load)`",
        ),
        (HEAD.replace("REQUIREMENTS", "NEEDS"), "1:1 app.py does not say what it needs"),
        (HEAD.replace('("starlette",)', "[x]"), "1:16 REQUIREMENTS has to be a tuple of texts, written out"),
        (HEAD.replace('("starlette",)', '("a", 3)'), "1:16 REQUIREMENTS has to be a tuple of texts, written out"),
        (HEAD + "from deployc.targets.project.template import servise\n", "4:46 the service has no `servise`"),
        (HEAD + "from deployc.targets.project.template.x import y\n", "4:1 the service has no module `x`"),
        (HEAD + "é = 1; from deployc.compiler import cas\n", "4:8 a template may import from"),
        (HEAD + "import deployc.schema\n", "4:1 what a template uses of the service has to be imported by name"),
        (HEAD + "from ..x import y\n", "4:1 a template may import from"),
        (HEAD + "from deployc.targets.project.template.web import *\n", "4:50 a template names what it imports"),
    ],
)
def test_a_mistake_is_told_at_its_line(text: str, message: str) -> None:
    (found,) = told(text)
    assert found.startswith(message)


def test_all_mistakes_are_told_at_once() -> None:
    assert len(told("import deployc\n", web="x = (")) == 6


def test_a_requirement_that_is_none_is_told_at_its_line() -> None:
    (found,) = check_template({"mine/app.py": HEAD.replace("starlette", "a >> 3")}, "mine")
    assert terminal(found).startswith("error[bad-requirement]: `a >> 3` is no requirement")
    assert "mine/app.py:1:17" in terminal(found)


def test_without_app_there_is_no_template() -> None:
    (found,) = check_template({"mine/other.py": ""}, "mine")
    assert (found.code, found.field) == ("template-contract", ("serve", "framework"))


def test_names_that_are_not_defined_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        generated(tmp_path, {"app": HEAD + "print(undefined)\n"})
    (found,) = raised.value.diagnostics
    assert found.code == "template-contract"
    assert "undefined" in found.notes[0]
