"""What is left of a module for one of its functions."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from deployc.compiler.pruning import pruned

MODULE = '''\
"""Stages."""

from __future__ import annotations

import json
import os.path as place, sys
from csv import reader, writer

from deployc.compiler import stage

LIMIT = 3


class Row:
    """A row."""


def helper(rows: "Row") -> int:
    return LIMIT + inner(rows)


def inner(rows):
    return len(json.dumps(rows))


@stage(outputs={"out": "a"})
def first(out):
    # as it was
    return helper(out)


@stage("two", depends_on=first)
def second(out):
    return place.join(writer(out))


if __name__ == "__main__":
    first(second(reader(sys.argv)))
'''


def of(function: str, text: str = MODULE) -> str:
    return pruned(text, function)


def test_a_function_keeps_what_it_reaches() -> None:
    assert of("first") == dedent(
        '''\
        """Stages."""

        from __future__ import annotations

        import json

        LIMIT = 3


        class Row:
            """A row."""


        def helper(rows: "Row") -> int:
            return LIMIT + inner(rows)


        def inner(rows):
            return len(json.dumps(rows))


        def first(out):
            # as it was
            return helper(out)
        '''
    )


def test_of_an_import_stays_what_is_used() -> None:
    found = of("second")
    assert "import os.path as place\n" in found
    assert "from csv import writer\n" in found
    assert "def first" not in found


EFFECTS = '''\
from functools import singledispatch

from cleaning import strip, unused
from sklearn.experimental import enable_iterative_imputer


@singledispatch
def clean(x):
    return x


@clean.register
def _(x: str):
    return strip(x)


@clean.register
def _(x: int):
    return plus(x)


def plus(x):
    return x + 1


class Reader:
    """Knows its readers."""


class Csv(Reader):
    """Found through its base."""


def first():
    return clean(" a "), Reader.__subclasses__()
'''
OTHERS = '''

class Task(luigi.Task):
    """Of another stage."""


@stage(outputs=["b"])
def second():
    return Task
'''


def test_what_acts_where_the_module_is_imported_stays() -> None:
    head = "import luigi; from deployc.compiler import stage\n"
    marked = EFFECTS.replace("def first", '@stage(outputs=["a"])\ndef first')
    assert of("first", head + marked + OTHERS) == EFFECTS


def test_a_stage_with_a_decorator_of_its_own_stays() -> None:
    text = "from deployc.compiler import stage\nimport seen\n\n@stage(outputs=['a'])\n@seen.add\ndef a(): ...\n"
    assert of("b", text + "def b(): ...\n") == "import seen\n\n@seen.add\ndef a(): ...\ndef b(): ...\n"


def test_another_function_s_change_changes_nothing() -> None:
    assert of("first") == of("first", MODULE.replace("return writer(out)", "return 7"))
    assert of("first") != of("first", MODULE.replace("json.dumps(rows)", "json.dumps([rows])"))


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_is_left_is_left_again(name: str) -> None:
    assert of(name, of(name)) == of(name)
    ast.parse(of(name))


def test_a_star_is_kept() -> None:
    assert of("f", "from here import *\n\ndef f():\n    pass\n") == "from here import *\n\ndef f():\n    pass\n"
