"""Implementations go into prototypes whatever their layout; the first tests are what replacing by regex gets wrong."""

from __future__ import annotations

from textwrap import dedent

import pytest
from deployc.compiler.codegen.fill import Filling, fill
from deployc.compiler.codegen.source import parse

IMPLEMENTATION = """
def predict_real(model, rows):
    return model.run(rows)
"""


def filled(prototype: str, implementation: str = IMPLEMENTATION, **chosen: str) -> str:
    chosen = {name.replace("__", "."): found for name, found in (chosen or {"predict": "predict_real"}).items()}
    return fill(parse(dedent(prototype)), Filling(source=parse(dedent(implementation)), chosen=chosen)).code


def same(code: str, expected: str) -> None:
    assert code.strip() == dedent(expected).strip()


def test_a_return_annotation_with_brackets() -> None:
    implementation = "def predict_real(model, rows) -> List[int]:\n    return model.run(rows)\n"
    same(
        filled("def predict(model, rows) -> List[int]:\n    return [1]\n", implementation),
        "def predict(model, rows) -> List[int]:\n    return model.run(rows)\n",
    )


def test_parameters_on_several_lines() -> None:
    code = filled("def predict(\n    model,\n    rows\n):\n    return [1]\n")
    same(code, "def predict(model, rows):\n    return model.run(rows)\n")


def test_a_trailing_comma() -> None:
    same(
        filled("def predict(model, rows,):\n    return 1\n"), "def predict(model, rows):\n    return model.run(rows)\n"
    )


def test_a_body_on_the_line_of_the_signature() -> None:
    same(filled("def predict(model, rows): return 1\n"), "def predict(model, rows):\n    return model.run(rows)\n")


def test_an_implementation_on_one_line_under_a_documented_prototype() -> None:
    prototype = '''
    def predict(model, rows):
        """What the model predicts."""
        return 1
    '''
    expected = '''
    def predict(model, rows):
        """What the model predicts."""
        return model.run(rows)
    '''
    same(filled(prototype, "def predict_real(model, rows): return model.run(rows)\n"), expected)


def test_a_parameter_annotation_with_a_comma() -> None:
    implementation = "def predict_real(rows: Dict[str, int], more: tuple[int, ...]): return rows\n"
    code = filled("def predict(rows: Dict[str, int], more: tuple[int, ...]):\n    return 1\n", implementation)
    same(code, "def predict(rows: Dict[str, int], more: tuple[int, ...]): return rows\n")


def test_the_name_in_docstrings_strings_and_comments_stays() -> None:
    prototype = '''
    """Here def predict(model, rows): is only told about."""
    # def predict(model, rows):
    TEXT = "def predict(model, rows): return 0"

    def predict(model, rows):
        return 1
    '''
    expected = '''
    """Here def predict(model, rows): is only told about."""
    # def predict(model, rows):
    TEXT = "def predict(model, rows): return 0"

    def predict(model, rows):
        return model.run(rows)
    '''
    same(filled(prototype), expected)


def test_a_method_of_a_class_and_no_function_of_its_name() -> None:
    prototype = """
    def predict(model, rows):
        return 0


    class Model:
        def other(self): return 1

        def predict(self, rows):
            return 2
    """
    implementation = """
    class Real:
        def predict(self, rows):
            return self.run(rows)
    """
    expected = """
    def predict(model, rows):
        return 0


    class Model:
        def other(self): return 1

        def predict(self, rows):
            return self.run(rows)
    """
    same(filled(prototype, implementation, Model__predict="Real.predict"), expected)


def test_async_stays() -> None:
    implementation = "async def predict_real(model, rows):\n    return await model.run(rows)\n"
    code = filled("async def predict(model, rows):\n    return 1\n", implementation)
    same(code, "async def predict(model, rows):\n    return await model.run(rows)\n")


def test_async_on_one_side_only_is_refused() -> None:
    with pytest.raises(ValueError, match="only one is async"):
        filled("async def predict(model, rows):\n    return 1\n")


def test_nothing_of_the_prototypes_body_is_left() -> None:
    prototype = """
    def predict(model, rows):
        if rows:
            return 1

        def inner():
            return 2

        return inner()
    """
    same(filled(prototype), "def predict(model, rows):\n    return model.run(rows)\n")


def test_the_implementations_imports_and_helpers_come_along_and_no_others() -> None:
    implementation = """
    import os
    import numpy as np
    from pandas import DataFrame as Frame, Series

    SIZE = 3
    UNUSED = 4

    def helper(rows):
        return Frame(rows)[:SIZE]

    def stranger(rows):
        return os.environ

    def predict_real(model, rows):
        return np.array(model.run(helper(rows)))
    """
    expected = """
    import json
    import numpy as np
    from pandas import DataFrame as Frame

    SIZE = 3

    def predict(model, rows):
        return np.array(model.run(helper(rows)))

    def helper(rows):
        return Frame(rows)[:SIZE]
    """
    code = filled("import json\n\ndef predict(model, rows):\n    return json.loads(rows)\n", implementation)
    assert [line for line in code.splitlines() if line] == [line for line in dedent(expected).splitlines() if line]


def test_a_name_that_begins_with_the_prototypes_is_another() -> None:
    prototype = "def predict_proba(model, rows): return 1\n\ndef predict(model, rows): return 2\n"
    same(
        filled(prototype), "def predict_proba(model, rows): return 1\n\n" + IMPLEMENTATION.strip().replace("_real", "")
    )


def test_decorators_stay() -> None:
    code = filled("@route('/predict')\n@traced\ndef predict(model, rows):\n    return 1\n")
    same(code, "@route('/predict')\n@traced\ndef predict(model, rows):\n    return model.run(rows)\n")


def test_defaults_may_hold_brackets_colons_and_lambdas() -> None:
    code = filled("def predict(model, rows=f({1: ')'}, key=lambda x: (x,))):\n    return 1\n")
    same(code, "def predict(model, rows):\n    return model.run(rows)\n")


def test_other_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="takes other parameters"):
        filled("def predict(rows, model):\n    return 1\n")


def test_a_missing_implementation_is_refused() -> None:
    with pytest.raises(ValueError, match="no implementation called nothing"):
        filled("def predict(model, rows):\n    return 1\n", predict="nothing")


def test_two_imports_of_one_name_are_refused() -> None:
    prototype = "from json import load\n\ndef predict(model, rows):\n    return load(rows)\n"
    implementation = "from pickle import load\n\ndef predict_real(model, rows):\n    return load(rows)\n"
    with pytest.raises(ValueError, match="different things as load"):
        filled(prototype, implementation)


def test_what_was_chosen_for_a_helper_takes_its_name() -> None:
    implementation = """
    def table(rows):
        return 1

    def table_wide(rows):
        return 2

    def predict_real(model, rows):
        return table(rows)
    """
    code = filled(
        "def predict(model, rows):\n    return 0\n", implementation, predict="predict_real", table="table_wide"
    )
    assert "def table(rows):\n    return 2" in code
    assert "return 1" not in code


def test_nothing_chosen_changes_nothing() -> None:
    text = "import os  # why\n\n\ndef predict(model,rows) :\n  return 1\n"
    assert fill(parse(text), Filling(source=parse(IMPLEMENTATION), chosen={})).code == text
