"""Each pass before and after, and what it leaves alone."""

from __future__ import annotations

from textwrap import dedent

import pytest
from deployc.compiler.codegen.bind import Code, bind
from deployc.compiler.codegen.borrow import borrow
from deployc.compiler.codegen.cut import cut
from deployc.compiler.codegen.drop import drop
from deployc.compiler.codegen.facts import read_facts
from deployc.compiler.codegen.fields import Field, without_keyword, write_fields
from deployc.compiler.codegen.lift import lift
from deployc.compiler.codegen.prune import prune, prune_all
from deployc.compiler.codegen.relocate import Move, relocate
from deployc.compiler.codegen.source import parse
from deployc.compiler.codegen.tabulate import tabulate
from deployc.compiler.codegen.unused import drop_unused_imports


def test_bind_gives_constants_their_values() -> None:
    before = parse("PORT = 8000\nNAMES: list[str] = []\nLabel = str\nother = PORT\n")
    after = bind(before, {"PORT": 9, "NAMES": ["a'b", "é"], "Label": Code("float | None")})
    assert after.code == "PORT = 9\nNAMES: list[str] = [\"a'b\", 'é']\nLabel = float | None\nother = PORT\n"


def test_bind_of_an_unknown_constant_is_refused() -> None:
    with pytest.raises(ValueError, match="no HOST"):
        bind(parse("PORT = 1\n"), {"HOST": "x"})


def test_write_fields_keeps_docstring_and_methods() -> None:
    before = parse(
        'class Row(Base, frozen=True):\n    """A row."""\n\n    a: int = 1\n    b: str\n\n    def f(self): ...\n'
    )
    after = write_fields(before, "Row", [Field(name="x", annotation="float", default="field(name='x y')")])
    expected = (
        'class Row(Base, frozen=True):\n    """A row."""\n    x: float = field(name=\'x y\')\n\n    def f(self): ...\n'
    )
    assert after.code == expected


def test_write_fields_of_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="no class Row"):
        write_fields(parse("class Other: ...\n"), "Row", [])


def test_a_keyword_of_a_class_is_taken_out_and_no_other() -> None:
    before = parse("class Row(Base, frozen=True, gc=False):\n    x: int\n")
    assert without_keyword(before, "Row", "gc").code == "class Row(Base, frozen=True):\n    x: int\n"
    assert without_keyword(before, "Row", "eq").code == before.code


def test_cut_takes_statements_conditions_parameters_and_arguments() -> None:
    before = """
    counters = share()

    def f(a, counters: Counters):
        # How many there are.
        self.counters = counters
        if counters.ready:
            return 1
        if a:
            counters.add(1)
        if counters: a()
        else: b()
        return g(a, counters=counters)
    """
    after = """
    counters = share()

    def f(a):
        if a:
            pass
        if counters: a()
        else: b()
        return g(a)
    """
    assert cut(parse(dedent(before)), {"counters"}).code == dedent(after)


def test_cut_of_what_is_not_there_changes_nothing() -> None:
    text = "def f(x, *, y=1):\n    if x: return y\n    return g(x, y=y)\n"
    assert cut(parse(text), {"z"}).code == text


def test_drop_takes_functions_methods_imports_and_entries() -> None:
    before = """
    from .schema import Prediction, Probabilities
    from .other import Probabilities

    __all__ = ["predict", "predict_proba"]
    TABLE = {"predict": Prediction, "predict_proba": Probabilities}
    PAIR = (predict, Probabilities)

    class Service:
        def routes(self):
            return [Route("/predict", self.predict), Route("/predict_proba", self.predict_proba)]

        @traced
        async def predict_proba(self): return 1

    class Only:
        def predict_proba(self): return 1

    def predict_proba(): return "predict_proba is told about"
    """
    after = """
    from .schema import Prediction

    __all__ = ["predict", ]
    TABLE = {"predict": Prediction, }
    PAIR = (predict,)

    class Service:
        def routes(self):
            return [Route("/predict", self.predict), ]

    class Only:
        pass
    """
    code = drop(parse(dedent(before)), {"predict_proba", "Probabilities"}).code
    assert [line for line in code.splitlines() if line] == [line for line in dedent(after).splitlines() if line]


@pytest.mark.parametrize(
    "text",
    [
        "found = [*map(predict, rows)]",
        "found = [1, *(predict(row) for row in rows)]",
        "found = {**{row: predict for row in rows}}",
        "found = {*map(predict, rows)}",
        "found = (*map(predict, rows), 1)",
    ],
)
def test_drop_keeps_what_is_unpacked_into_a_list(text: str) -> None:
    assert drop(parse(text), {"predict"}).code == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("found = [*[1, predict], 2]", "found = [*[1, ], 2]"),
        ("found = [1, *predict]", "found = [1, ]"),
        ("found = {**predict(row), **other}", "found = {**other}"),
        ("found = {**service.predict(row)}", "found = {}"),
    ],
)
def test_drop_takes_what_is_unpacked_where_it_is_what_is_dropped(text: str, left: str) -> None:
    assert drop(parse(text), {"predict"}).code == left


def test_drop_leaves_functions_within_functions_alone() -> None:
    text = "def outer():\n    def predict(): return 1\n    return predict()\n"
    assert drop(parse(text), {"predict"}).code == text


def test_relocate_leads_relative_imports_to_the_package() -> None:
    before = parse("import os\nfrom ..template import info, logs\nfrom ..template.schema import Row as R\n")
    beside = relocate(before, Move(package=("frameworks",), source=("template",), target="."))
    assert beside.code == "import os\nfrom . import info, logs\nfrom .schema import Row as R\n"
    outside = relocate(before, Move(package=("frameworks",), source=("template",), target="churn"))
    assert outside.code == "import os\nfrom churn import info, logs\nfrom churn.schema import Row as R\n"


def test_relocate_follows_full_names_and_leaves_others() -> None:
    before = parse(
        "from lib.template import info\nfrom lib.template.schema import Row\nfrom lib.templates import x\nimport lib\n"
    )
    move = Move(package=("own",), source=("own",), target=".", full="lib.template")
    after = "from . import info\nfrom .schema import Row\nfrom lib.templates import x\nimport lib\n"
    assert relocate(before, move).code == after


@pytest.mark.parametrize("line", ["from ..other import x", "from ...template import x", "from . import x"])
def test_relocate_refuses_what_leads_elsewhere(line: str) -> None:
    with pytest.raises(ValueError, match="may import from template alone"):
        relocate(parse(line + "\n"), Move(package=("frameworks",), source=("template",), target="."))


def test_prune_keeps_what_roots_and_statements_lead_to() -> None:
    before = parse(
        "import a, b, c\nX = 1\nY = a.f\ndef used(): return X + b\ndef main(): return used()\n"
        "def dead(): return dead2()\ndef dead2(): return dead() or c\nif main:\n    print(Y)\n"
    )
    after = "import a, b\nX = 1\nY = a.f\ndef used(): return X + b\ndef main(): return used()\nif main:\n    print(Y)\n"
    assert prune(before, {"main"}).code == after


def test_prune_takes_what_describes_a_definition_with_it() -> None:
    before = parse('A = 1\n"""What A is."""\nB = 2\n"""What B is."""\n')
    assert prune(before, {"B"}).code == 'B = 2\n"""What B is."""\n'


def test_lift_imports_what_is_shared_from_the_package_above() -> None:
    before = parse(
        "import os\nfrom . import logs, own\nfrom .web import A, B\nfrom .own import C\nfrom ..up import D\n"
    )
    expected = "import os\nfrom .. import logs\nfrom . import own\nfrom ..web import A\nfrom ..web import B\n"
    assert lift(before, {"logs", "web", "up"}).code == f"{expected}from .own import C\nfrom ..up import D\n"


def test_borrow_imports_what_was_defined_and_hands_it_on() -> None:
    before = parse("import os\n\nclass A: ...\n\ndef b() -> A: ...\n")
    assert borrow(before, {"A"}, "..up").code == "import os\nfrom ..up import A as A\n\ndef b() -> A: ...\n"
    with pytest.raises(ValueError, match="no C"):
        borrow(before, {"C"}, "..up")


def test_tabulate_gives_a_table_an_entry_of_each_package() -> None:
    before = parse('from .part import Part, Other\nfrom .own import made as one\nT = {"one": one}\nP = {"one": Part}\n')
    after = tabulate(before, "T", "one", {"a-b": "a_b", "c": "c"})
    assert "from .a_b.own import made as a_b_made\n" in after.code
    assert "T = {'a-b': a_b_made, 'c': c_made}\n" in after.code
    with pytest.raises(ValueError, match="does not import Gone"):
        tabulate(before, "P", "Gone", {"c": "c"})


def test_tabulate_calls_classes_as_classes_are() -> None:
    after = tabulate(parse('from .part import Part\nP = {"one": Part}\n'), "P", "Part", {"a-b": "a_b"})
    assert after.code == "from .a_b.part import Part as ABPart\nP = {'a-b': ABPart}\n"
    v12 = tabulate(parse('from .part import Part\nP = {"one": Part}\n'), "P", "Part", {"v1-2": "v1_2", "v12": "v12"})
    assert v12.code.endswith("P = {'v1-2': V1_2Part, 'v12': V12Part}\n"), "of two packages, one name each"


def test_prune_all_follows_imports_and_attributes_between_modules() -> None:
    modules = {
        "app": parse("from . import info\nfrom .schema import Row, Gone\ndef main(): return info.read(Row)\n"),
        "info": parse("def read(x): return x\ndef unread(): return 1\n"),
        "schema": parse("Long = int\nRow = list[Long]\nclass Gone: ...\n"),
    }
    pruned = {name: module.code for name, module in prune_all(modules, {"app": {"main"}}).items()}
    assert pruned == {
        "app": "from . import info\nfrom .schema import Row\ndef main(): return info.read(Row)\n",
        "info": "def read(x): return x\n",
        "schema": "Long = int\nRow = list[Long]\n",
    }


def test_unused_imports_go_also_from_blocks_and_star_and_future_stay() -> None:
    before = (
        "from __future__ import annotations\nfrom x import *\nimport a.b, c as d\nfrom e import (f, g)\n"
        "if TYPE_CHECKING:\n    from h import i\n__all__ = ['f']\nprint(a.b)\n"
    )
    after = (
        "from __future__ import annotations\nfrom x import *\nimport a.b\nfrom e import (f)\n"
        "__all__ = ['f']\nprint(a.b)\n"
    )
    assert drop_unused_imports(parse(before)).code == after


def test_facts_are_read_without_importing() -> None:
    text = "import nothing_like_it\nREQUIREMENTS = ('a', 'b')\nX = f()\ny = 1\nKINDS: int = 3\n"
    assert read_facts(text) == {"REQUIREMENTS": ("a", "b")}


def test_text_that_is_not_python_is_refused() -> None:
    with pytest.raises(ValueError, match="not Python"):
        parse("def (:\n")
