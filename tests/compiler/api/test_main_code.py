"""What cells define becomes a module that does the same."""

from __future__ import annotations

import linecache
import pickle
import sys
from types import ModuleType

import pytest
from deployc.compiler.api.main_code import NAME, main_code
from deployc.schema.diagnostics import UserError

FIRST = """\
import json as js
import xml
import xml.dom.minidom
from collections.abc import Mapping as M
from dataclasses import dataclass, field
"""

STEPS = """\
LIMIT = 3
NAMES = ["a", "b"]
rows = object()

def double(rows):
    return [row * 2 for row in rows]

def marked(kind):
    kind.mark = LIMIT
    return kind

class Base:
    def __init__(self, factor):
        self.factor = factor

    class Inner:
        pass
"""

MODEL = """\
@dataclass
class Options:
    names: list = field(default_factory=lambda: NAMES)

@marked
class Model(Base):
    def predict(self, rows):
        table = xml.dom.minidom.Document().nodeName
        return js.dumps([double(rows), self.factor, Options().names, table, isinstance({}, M)])
"""


def ran(*cells: str) -> dict[str, object]:
    """The contents of `__main__` after these cells, run as IPython does."""
    place: dict[str, object] = {"__name__": "__main__", "In": [*cells]}
    for number, cell in enumerate(cells):
        name = f"<cell {id(place)} {number}>"
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        exec(compile(cell, name, "exec", dont_inherit=True), place)
    return place


def module(text: str) -> ModuleType:
    made = ModuleType(NAME)
    exec(compile(text, NAME, "exec", dont_inherit=True), vars(made))
    return made


def test_a_pickled_object_of_a_cells_class_is_loaded_by_the_module_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    place = ran(FIRST, STEPS, MODEL)
    model = eval("Model(Base.Inner())", place)
    model.factor = 7
    code = main_code(["Model"], place)
    with code.named():
        data = pickle.dumps(model)
    assert type(model).__module__ == "__main__"
    assert NAME not in sys.modules
    monkeypatch.setitem(sys.modules, NAME, module(code.text))
    assert pickle.loads(data).predict([1]) == model.predict([1])
    # the class that others build on comes first, what is never used does not come
    assert code.text.index("class Base") < code.text.index("class Model")
    assert "rows = " not in code.text


def test_what_is_within_a_class_is_found_in_the_module_too(monkeypatch: pytest.MonkeyPatch) -> None:
    place = ran(STEPS)
    code = main_code(["Base"], place)
    with code.named():
        data = pickle.dumps(eval("Base.Inner()", place))
    monkeypatch.setitem(sys.modules, NAME, made := module(code.text))
    assert type(pickle.loads(data)) is made.Base.Inner


@pytest.mark.parametrize("older", ["class A:\n    def f(self): return 1\n", "class A(:\n"])
def test_a_cell_that_was_run_again_counts(older: str) -> None:
    newer = "class A:\n    def f(self): return 2\n"
    place = ran(newer)
    place["In"] = [newer, older]
    assert "return 2" in main_code(["A"], place).text


def test_a_class_without_code_is_found() -> None:
    place = ran("class A:\n    limit = 1\n", "class A:\n    limit = 2\n")
    assert "limit = 2" in main_code(["A"], place).text


def test_annotations_stay_what_they_were() -> None:
    place = ran("from __future__ import annotations\n\nclass A:\n    def f(self) -> Nowhere: return 2\n")
    assert module(main_code(["A"], place).text).A().f() == 2


def test_two_that_use_each_other_can_be_defined() -> None:
    cell = "class A:\n    def other(self): return B()\n\nclass B(A):\n    def other(self): return A()\n"
    for name in "AB":
        made = module(main_code([name], ran(cell)).text)
        assert isinstance(made.B().other(), made.A)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            "cut = object()\ndef f(rows): return cut\n",
            "and it uses `cut`, which is in memory",
        ),
        ("cut = object()\ndef g(): return cut\ndef f(rows): return g()\n", "`g` of this"),
        ("from collections import namedtuple\nf = namedtuple('f', 'a')\n", "its source is not known"),
        ("data = list(range(5000))\ndef f(rows): return data\n", "as a value of type list"),
    ],
)
def test_what_is_in_memory_alone_is_told(cell: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        main_code(["f"], ran(cell))
    (told,) = raised.value.diagnostics
    assert told.code == "class-in-notebook"
    assert said in told.message
