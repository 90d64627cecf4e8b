"""The last pass formats, mends imports, and refuses what cannot be right."""

from __future__ import annotations

import pytest
from deployc.compiler.codegen.finish import finish


def test_code_is_formatted_and_its_imports_are_in_order_and_used() -> None:
    before = {"a/b.py": "import sys, os\nfrom a import c\nx = {'k':os.name,\n}\n", "top.py": "y=1\n"}
    after = finish(before, line_length=120, python="3.10")
    assert after == {"a/b.py": 'import os\n\nx = {\n    "k": os.name,\n}\n', "top.py": "y = 1\n"}
    assert finish(after, line_length=120, python="3.10") == after


def test_a_name_that_is_never_defined_is_refused() -> None:
    with pytest.raises(ValueError, match="F821"):
        finish({"a.py": "print(nowhere)\n"}, line_length=120, python="3.10")


def test_code_that_does_not_parse_is_refused() -> None:
    with pytest.raises(ValueError, match="ruff"):
        finish({"a.py": "def (:\n"}, line_length=120, python="3.10")
