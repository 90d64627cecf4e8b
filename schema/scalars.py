"""What an unquoted YAML scalar means: the core rules of YAML 1.2, weighed with the types that its field takes.

PyYAML follows YAML 1.1, where `off` is False, `12:30` is 750, `010` is 8 and `1e-6` is a string; none of that here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Set
from typing import Literal

Type = Literal["null", "boolean", "integer", "number", "string"]
"""A scalar's type, as JSON Schema names it; "number" includes "integer"."""

Value = None | bool | int | float | str

_DIGITS = 4300
"""CPython refuses to read longer integers."""

_CORE: tuple[tuple[re.Pattern[str], Callable[[str], Value]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]+"), lambda text: int(text) if len(text) < _DIGITS else text),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), lambda text: _finite(text)),
)


def resolve(text: str, quoted: bool, types: Set[Type]) -> Value:
    """The value of a scalar in a field that takes `types`.

    Where the core rules give a type that the field does not take, and the field takes text, the value is the text as it
    stands: `python: 3.10` is "3.10". Null is the exception: only quotes make it text. What is infinite or not a number
    is text, since JSON has no such numbers.
    """
    if quoted:
        return text
    value = core(text)
    if value is None or types & types_of(value):
        return value
    return text if "string" in types else value


def core(text: str) -> Value:
    """The value that YAML 1.2's core rules give to an unquoted scalar."""
    for pattern, construct in _CORE:
        if pattern.fullmatch(text):
            return construct(text)
    return text


def types_of(value: Value) -> Set[Type]:
    """The types that a value counts as: an integer is also a number."""
    match value:
        case None:
            return {"null"}
        case bool():
            return {"boolean"}
        case int():
            return {"integer", "number"}
        case float():
            return {"integer", "number"} if value.is_integer() else {"number"}
        case str():
            return {"string"}


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text
