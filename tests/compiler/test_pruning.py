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
@place.other
def second(out):
    return writer(out)


if __name__ == "__main__":
    first(second(sys.argv))
'''


def of(function: str, text: str = MODULE) -> str:
    return pruned(text, function, "deployc.compiler")


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


def test_other_decorators_and_their_imports_stay() -> None:
    found = of("second")
    assert "import os.path as place\n" in found
    assert "from csv import writer\n" in found
    assert "@place.other\ndef second" in found
    assert "def first" not in found


def test_another_function_s_change_changes_nothing() -> None:
    assert of("first") == of("first", MODULE.replace("return writer(out)", "return 7"))
    assert of("first") != of("first", MODULE.replace("json.dumps(rows)", "json.dumps([rows])"))


@pytest.mark.parametrize("name", ["first", "second"])
def test_what_is_left_is_left_again(name: str) -> None:
    assert of(name, of(name)) == of(name)
    ast.parse(of(name))


def test_a_star_is_kept() -> None:
    assert of("f", "from here import *\n\ndef f():\n    pass\n") == "from here import *\n\ndef f():\n    pass\n"
